#!/usr/bin/env bash
#
# Installs the module where the given nginx looks for modules, and
# jupref-journal beside nginx itself:
#
#     install.sh <nginx binary> <module .so> <DESTDIR, may be empty>

set -euo pipefail

modules=$("$1" -V 2>&1 | grep -o -- '--modules-path=[^ ]*' | cut -d= -f2)

if [ -z "$modules" ]; then
    printf '%s -V names no --modules-path\n' "$1" >&2
    exit 1
fi

install -D -m 644 "$2" "$3$modules/$(basename "$2")"
printf 'installed %s\n' "$3$modules/$(basename "$2")"

install -D -m 755 "$(dirname "$2")/jupref-journal" \
    "$3/usr/sbin/jupref-journal"
printf 'installed %s\n' "$3/usr/sbin/jupref-journal"
