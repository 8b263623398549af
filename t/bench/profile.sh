#!/bin/sh
#
# Where the order path spends its time: what costs most by itself and with all
# it calls, under perf where the kernel allows it, else under callgrind.
#
# usage: t/bench/profile.sh [seconds] [lines]
# PROFILER=perf|callgrind chooses; JUPREF_SO, NGINX, BENCH_PORT as for bench.mjs.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
seconds=${1:-8}
lines=${2:-30}
callgrind_requests=3000
load_core=${BENCH_WORLD_CORE:-1}
work=$(mktemp -d)
server=

finish() {
    exec 3>&- || true
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

if [ -z "${PROFILER:-}" ]; then
    if perf record -q -o "$work/try" true >/dev/null 2>&1; then
        PROFILER=perf
    else
        PROFILER=callgrind
    fi
fi

if [ "$PROFILER" = callgrind ]; then
    BENCH_EDGE_WRAPPER="valgrind -q --tool=callgrind --callgrind-out-file=$work/callgrind.out"
    export BENCH_EDGE_WRAPPER
fi

# The edge and its stub live until the pipe on descriptor 3 is closed.
mkfifo "$work/hold"
: > "$work/said"
node "$here/bench.mjs" serve < "$work/hold" > "$work/said" 2> "$work/errors" &
server=$!
exec 3> "$work/hold"

while ! read -r worker port requests < "$work/said"; do
    if ! kill -0 "$server" 2>/dev/null; then
        cat "$work/errors" >&2
        exit 1
    fi
    sleep 0.2
done

drive() {
    BENCH_REQUESTS=$requests taskset -c "$load_core" \
        wrk -t1 -c"$1" -d"$2s" -s "$here/orders.lua" "http://127.0.0.1:$port/" > "$work/load"
}

report() {
    perf report -i "$work/perf.data" -g none --stdio "$@" 2>/dev/null \
        | grep -v '^#' | grep . | sed 's/[ -]*$//'
}

annotate() {
    callgrind_annotate "$@" "$work/callgrind.out" 2>/dev/null \
        | grep -E '^ *[0-9,]+ \(' | sed 's/???://'
}

if [ "$PROFILER" = perf ]; then
    drive 64 2
    drive 64 "$((seconds + 1))" &
    load=$!
    perf record -q -F 1999 --call-graph dwarf,8192 -p "$worker" -o "$work/perf.data" \
        -- sleep "$seconds" 2>/dev/null
    wait "$load"

    echo "== by library"
    report --no-children --sort dso | head -12
    echo "== self"
    report --no-children --sort symbol,dso | head -"$lines"
    echo "== self, the module and what it links"
    report --no-children --sort symbol,dso | grep -E 'jupref|yajl|libcrypto|libc\.so' \
        | head -"$lines"
    echo "== with what it calls, the module"
    report --children --sort symbol,dso | grep -E 'jupref|yajl' | head -"$lines"
    exit 0
fi

sent=0
while [ "$sent" -lt "$callgrind_requests" ]; do
    drive 8 2
    sent=$((sent + $(awk '/^result/ { print $2 }' "$work/load")))
done
# The edge leaves its profile when it ends.
exec 3>&-
wait "$server" || true
server=

echo "== self"
annotate --inclusive=no | head -"$lines"
echo "== with what it calls, the module"
annotate --inclusive=yes | grep -E 'TOTALS|jupref|yajl|libcrypto' | head -"$lines"
