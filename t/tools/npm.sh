#!/usr/bin/env bash
#
# Installs a folder's locked npm packages, once per state of its lock file:
#
#     npm.sh <folder with package-lock.json>

set -euo pipefail
cd "$(dirname "$0")/../.."

if [ ! -f "$1/package-lock.json" ]; then
    exit 0
fi

mkdir -p build
exec 9> build/npm.lock
flock 9

cd "$1"
stamp=node_modules/.installed-for

if ! sha256sum package-lock.json package.json | cmp -s - "$stamp"; then
    printf 'installing the npm packages of %s\n' "$1"
    npm ci --no-audit --no-fund --loglevel=error
    sha256sum package-lock.json package.json > "$stamp"
fi
