#!/usr/bin/env bash
#
# Runs the built unit tests (t/tools/pure.mk) and counts each of their tests.

set -euo pipefail
cd "$(dirname "$0")/../.."

programs=()

for source in t/unit/test_*.c; do
    if [ -f "$source" ]; then
        programs+=("build/unit/$(basename "$source" .c)")
    fi
done

rm -f build/results/unit

if [ ${#programs[@]} -eq 0 ]; then
    printf 'there is no unit test in t/unit/\n' >&2
    exit 1
fi

export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1

exec t/tools/tap.pl unit 2 env "${programs[@]}"
