#!/usr/bin/env bash
#
# Builds jupref-journal, or what its tests need: tool.sh tool | test

set -euo pipefail
cd "$(dirname "$0")/../.."

mkdir -p build

exec 9> build/tool.lock
flock 9

"${MAKE:-make}" --no-print-directory -f t/tools/tool.mk "$@"
