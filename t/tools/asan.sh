#!/usr/bin/env bash
#
# Builds nginx from the distribution's own source, and the module, under
# address and undefined-behaviour sanitizers:
#
#     asan.sh <folder>     -> <folder>/objs/nginx, <folder>/*.so
#
# nginx is built once and kept; the module follows its sources.

set -euo pipefail
cd "$(dirname "$0")/../.."

. t/tools/apt.sh

mkdir -p "$1"
folder=$(cd "$1" && pwd)

# NGX_DEBUG_PALLOC: each ngx_palloc() is a malloc of its own, or the pools would
#     hide what runs over the end.
# nonnull-attribute: nginx copies zero bytes from NULL at each start.
# NGX_HAVE_NONALIGNED=0: nginx reads unaligned words on x86, knowingly.
# nodelete: a module that is unloaded before the leaks are counted takes its
#     names with it, and what its static pointers hold would count as lost.

flags='-fsanitize=address,undefined'

export CC_OPT="-O1 -g3 -fno-omit-frame-pointer $flags
    -fno-sanitize=nonnull-attribute -fno-sanitize-recover=undefined
    -DNGX_HAVE_NONALIGNED=0 -DNGX_DEBUG_PALLOC=1 -DJUPREF_ASSERT"
export LD_OPT="$flags -Wl,-z,nodelete"

CC_OPT=$(tr -s ' \n' ' ' <<<"$CC_OPT")

build_nginx() {
    local release

    private_apt build/apt
    release=$(machine_release)

    rm -rf "$folder/source"
    mkdir -p "$folder/source"
    (cd "$folder/source" && apt-get source -qq "nginx/$release") \
        > "$folder/source.log" 2>&1 \
    || { tail -n 5 "$folder/source.log" >&2; return 1; }
    mv "$folder"/source/nginx-*/ "$folder/source/nginx"

    cat > "$folder/source/nginx/conf_flags" <<'FLAGS'
NGX_CONF_FLAGS=(
    --with-debug --with-compat --with-threads --with-poll_module
    --with-http_ssl_module --with-http_v2_module --with-http_realip_module
    --with-http_auth_request_module --with-http_slice_module
    --with-http_stub_status_module --with-pcre-jit
)
FLAGS

    (
        cd "$folder/source/nginx"
        # shellcheck disable=SC1091
        . ./conf_flags
        ./configure "${NGX_CONF_FLAGS[@]}" --prefix="$folder/prefix" \
            --builddir="$folder/objs" --with-cc-opt="$CC_OPT" \
            --with-ld-opt="$LD_OPT"
        make -j"$(nproc)" -f "$folder/objs/Makefile" binary
    ) > "$folder/nginx.log" 2>&1 \
    || { tail -n 30 "$folder/nginx.log" >&2; return 1; }
}

stamp=$(sha256sum t/tools/asan.sh | cut -d' ' -f1)

if [ "$(cat "$folder/built" 2>/dev/null)" != "$stamp" ]; then
    printf 'building a sanitized nginx, once\n'
    build_nginx
    printf '%s\n' "$stamp" > "$folder/built"
fi

t/tools/build.sh "$folder/source/nginx" "$folder/module" \
    "$folder/ngx_http_jupref_module.so"
