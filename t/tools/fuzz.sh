#!/usr/bin/env bash
#
# Runs the built fuzzers (t/tools/pure.mk), each t/fuzz/fuzz_<name>.c with its
# corpus t/fuzz/corpus/<name>/:
#
#     fuzz.sh                  replays every corpus, prints TAP
#     fuzz.sh run <seconds>    searches from the corpus on; what it finds goes
#                              to build/fuzz/{found,crashes}/<name>/
#
# An input that ever broke something belongs into the corpus.

set -euo pipefail
cd "$(dirname "$0")/../.."
shopt -s nullglob

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1

fuzzers=(t/fuzz/fuzz_*.c)


replay() {
    local source name number=0 inputs

    printf '1..%s\n' "${#fuzzers[@]}"

    for source in "${fuzzers[@]}"; do
        name=$(basename "$source" .c)
        inputs=(t/fuzz/corpus/"${name#fuzz_}"/*)
        number=$((number + 1))

        # a corpus that is gone must not pass for one without a finding

        if [ ${#inputs[@]} -gt 0 ] \
           && "build/fuzz/$name" "${inputs[@]}" > "build/fuzz/$name.log" 2>&1
        then
            printf 'ok'
        else
            tail -n 40 "build/fuzz/$name.log" 2>/dev/null | sed 's/^/# /'
            printf 'not ok'
        fi

        printf ' %s - %s stands %s inputs\n' "$number" "${name#fuzz_}" \
               "${#inputs[@]}"
    done
}


run() {
    local source name corpus status=0

    if [ ${#fuzzers[@]} -eq 0 ]; then
        printf 'there is no fuzzer in t/fuzz/\n' >&2
        return 1
    fi

    for source in "${fuzzers[@]}"; do
        name=$(basename "$source" .c)
        corpus=t/fuzz/corpus/${name#fuzz_}
        mkdir -p "build/fuzz/found/${name#fuzz_}" \
                 "build/fuzz/crashes/${name#fuzz_}"
        printf '%s, %s s\n' "$name" "$1"

        "build/fuzz/$name" -max_total_time="$1" -max_len=70000 -timeout=10 \
            -print_final_stats=1 \
            -artifact_prefix="build/fuzz/crashes/${name#fuzz_}/" \
            "build/fuzz/found/${name#fuzz_}" "$corpus" \
            > "build/fuzz/$name.log" 2>&1 \
        || { status=1; tail -n 40 "build/fuzz/$name.log"; }

        grep -E 'number_of_executed_units|^Done' "build/fuzz/$name.log" || true
    done

    return "$status"
}


case ${1:-replay} in
replay) replay ;;
run)    run "$2" ;;
esac
