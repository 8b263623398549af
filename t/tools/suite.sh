#!/usr/bin/env bash
#
# Runs the Test::Nginx suites:
#
#     suite.sh <leg> <nginx binary> <module .so> [<t/x.t> ...]
#
# Fails on what Test::Nginx alone lets pass: an [alert] or [emerg] the block
# didn't expect (t/lib/BlockLogs.pm), a sanitizer's report, a valgrind error
# (USE_VALGRIND=1).  Everything it writes is below build/suites/<leg>.

set -euo pipefail
cd "$(dirname "$0")/../.."

leg=$1
nginx=$(realpath "$2")
module=$(realpath "$3")
shift 3

if [ $# -eq 0 ]; then
    shopt -s nullglob
    set -- t/*.t
fi

if [ $# -eq 0 ]; then
    printf 'there is no suite in t/\n' >&2
    exit 1
fi

here=$PWD/build/suites/$leg
mkdir -p build/suites

# one run of a leg at a time; nginx must not inherit the lock

exec 9> "$here.lock"
flock 9

rm -rf "$here"
mkdir -p "$here"/{t,logs,reports} build/results
rm -f "build/results/$leg"

export JUPREF_SUITE=$here JUPREF_LOGS=$here/logs
export TEST_NGINX_BINARY=$nginx TEST_NGINX_LOAD_MODULES=$module
export TEST_NGINX_RANDOMIZE=1 TEST_NGINX_TIMEOUT=10

# read by sanitized builds alone; commas, as Test::Nginx edits log_path by them

ASAN_OPTIONS=log_path=$here/reports/asan,detect_leaks=1
ASAN_OPTIONS+=,detect_odr_violation=0,detect_stack_use_after_return=1
ASAN_OPTIONS+=,strict_string_checks=1
UBSAN_OPTIONS=log_path=$here/reports/ubsan,print_stacktrace=1,halt_on_error=1
LSAN_OPTIONS=suppressions=$PWD/t/lsan.supp,print_suppressions=0
export ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS

jobs=2

if [ "${USE_VALGRIND:-0}" != 0 ]; then
    jobs=1
    export TEST_NGINX_USE_VALGRIND=1 TEST_NGINX_TIMEOUT=30
    export VALGRIND_OPTS="--suppressions=$PWD/t/valgrind.suppress
                          --log-file=$here/reports/valgrind.%p"
fi

status=0
t/tools/tap.pl "$leg" "$jobs" "perl -It/lib -MBlockLogs" "$@" 9>&- \
|| status=1

reports=0

for report in "$here"/reports/*; do
    if [ -s "$report" ]; then
        reports=$((reports + 1))
        printf '# report %s\n' "$report"
        sed -n '1,40p' "$report"
    fi
done

if [ "$reports" -gt 0 ]; then
    status=1
    read -r passed failed < "build/results/$leg"
    printf '%s %s\n' "$passed" "$((failed + reports))" > "build/results/$leg"
fi

exit "$status"
