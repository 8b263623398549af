#!/usr/bin/env bash
#
# Builds the module against one nginx source tree, without writing into it:
#
#     build.sh <folder with ./configure and conf_flags> <build folder> <.so>
#
# The tree is what Debian's nginx-dev installs: headers, auto/ and the flags the
# stock binary was configured with, so that the module's signature matches it.
# configure runs again only when what it reads has changed (config, the list of
# files, the nginx); otherwise make rebuilds what the sources ask for.

set -euo pipefail

repo=$(cd "$(dirname "$0")/../.." && pwd)
nginx_src=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
module=$3

exec 9> "$out/lock"
flock 9

# every C file of ours is compiled with these; nginx's own headers are clean
# under all of them

warnings=$(tr '\n' ' ' < "$repo/t/tools/warnings")

read_by_configure() {
    cat "$repo/config" "$nginx_src/conf_flags" "$repo/t/tools/build.sh" \
        "$repo/t/tools/warnings"
    grep -h 'define NGINX_VERSION\|define nginx_version' \
        "$nginx_src/src/core/nginx.h"
    find "$repo/ngx_jupref_module" -name '*.[ch]' | sort
    printf '%s\n' "${CC_OPT:-}" "${LD_OPT:-}"
}

configure() {
    # shellcheck disable=SC1091
    . "$nginx_src/conf_flags"

    # nginx's configure and Makefile use paths relative to its own folder

    cd "$nginx_src"

    cc_opt=${CC_OPT:-"$(dpkg-buildflags --get CFLAGS) -fPIC $(dpkg-buildflags \
                        --get CPPFLAGS)"}
    ld_opt=${LD_OPT:-"$(dpkg-buildflags --get LDFLAGS) -fPIC"}

    # shellcheck disable=SC2154
    ./configure "${NGX_CONF_FLAGS[@]}" \
        --with-cc-opt="$cc_opt -ffile-prefix-map=$repo=." \
        --with-ld-opt="$ld_opt" \
        --builddir="$out" --add-dynamic-module="$repo" \
        > "$out/configure.log" 2>&1 \
    || { tail -n 30 "$out/configure.log" >&2; exit 1; }

    # our warnings join only now: configure's own probes must not fail by them;
    # the fold is a few percent faster for being unrolled and inlined further

    sed -i "s|^CFLAGS = .*|& -O3 -std=gnu11 $warnings|" "$out/Makefile"
}

read_by_configure | sha256sum > "$out/configured.new"

if ! cmp -s "$out/configured.new" "$out/configured"; then
    rm -f "$out/configured"
    (configure)
    mv "$out/configured.new" "$out/configured"
fi

make -s -j"$(nproc)" -C "$nginx_src" -f "$out/Makefile" modules \
    > "$out/make.log" 2>&1 \
|| { cat "$out/make.log" >&2; exit 1; }

cmp -s "$out/ngx_http_jupref_module.so" "$module" \
    || install -m 644 "$out/ngx_http_jupref_module.so" "$module"
