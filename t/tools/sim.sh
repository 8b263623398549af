#!/usr/bin/env bash
#
# Runs the built simulator (t/tools/pure.mk):
#
#     sim.sh                          the histories of `make test`, as TAP
#     sim.sh <seed> '' [<steps>]      one history, told step by step
#     sim.sh '' <runs>                so many, from a seed of chance

set -euo pipefail
cd "$(dirname "$0")/../.."

seed=${1:-} runs=${2:-} steps=${3:-}

export ASAN_OPTIONS=strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1

if [ -n "$seed" ]; then
    exec build/unit/sim seed "$seed" ${steps:+"$steps"}
fi

if [ -n "$runs" ]; then
    exec build/unit/sim runs "$runs"
fi

rm -f build/results/sim

exec t/tools/tap.pl sim 1 '' build/unit/sim
