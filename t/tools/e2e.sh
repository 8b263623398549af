#!/usr/bin/env bash
#
# Runs t/e2e/*.test.mjs one after the other and counts each of their tests.

set -euo pipefail
cd "$(dirname "$0")/../.."
shopt -s nullglob

PATH=$PWD/build/node/bin:$PATH
tests=(t/e2e/*.test.mjs)

mkdir -p build/results
rm -f build/results/e2e

if [ ${#tests[@]} -eq 0 ]; then
    printf 'there is no end-to-end test in t/e2e/\n' >&2
    exit 1
fi

t/tools/npm.sh conf-examples/sandbox
t/tools/npm.sh t/e2e

status=0
node --test --test-concurrency=1 --test-reporter=spec \
     --test-reporter-destination=stdout --test-reporter=tap \
     --test-reporter-destination=build/results/e2e.tap "${tests[@]}" \
|| status=1

# the runner's own sums: "# pass 12", "# fail 0", "# cancelled 0"

awk '$1 == "#" && $2 == "pass" { passed = $3 }
     $1 == "#" && ($2 == "fail" || $2 == "cancelled") { failed += $3 }
     END { print passed + 0, failed + 0 }' build/results/e2e.tap \
    > build/results/e2e.new
mv build/results/e2e.new build/results/e2e

read -r passed failed < build/results/e2e
[ "$status" -eq 0 ] && [ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
