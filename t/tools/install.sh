#!/usr/bin/env bash
#
# Installs the module where the given nginx looks for modules:
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
