#!/usr/bin/env bash
#
# Runs the legs named, each a target of the Makefile, to the end whatever
# fails, and closes with one line: "N passed, N failed".  A leg that breaks
# without counting a failure, or counts nothing at all, is one.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit

mkdir -p build/results
rm -f build/results/total
total_passed=0
total_failed=0
report=

for leg in "$@"; do
    printf '\n== %s\n' "$leg"
    rm -f "build/results/$leg"
    started=$SECONDS

    status=0
    "${MAKE:-make}" --no-print-directory "$leg" || status=$?

    passed=0
    failed=0

    if [ -f "build/results/$leg" ]; then
        read -r passed failed < "build/results/$leg"
    fi

    if [ $((passed + failed)) -eq 0 ] \
       || { [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; }
    then
        failed=$((failed + 1))
    fi

    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
    report+=$(printf '%-12s %6d passed %4d failed %5d s' "$leg" "$passed" \
                     "$failed" $((SECONDS - started)))$'\n'
done

printf '\n%s\n' "$report"
printf '%s passed, %s failed\n' "$total_passed" "$total_failed" \
    | tee build/results/total

[ "$total_failed" -eq 0 ] && [ "$total_passed" -gt 0 ]
