#!/usr/bin/env bash
#
# Another Debian suite's nginx, runnable on this machine, and the module built
# for it:
#
#     compat.sh <trixie|sid> <folder>    -> <folder>/nginx, <folder>/*.so
#
# Its packages are unpacked, not installed.  A newer nginx wants a newer libc
# and OpenSSL, so it is started by the loader and libraries of its own suite;
# what those lack (yajl, curl) comes from the machine.

set -euo pipefail
cd "$(dirname "$0")/../.."

. t/tools/apt.sh

suite=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
root=$folder/root

packages=(nginx nginx-common nginx-dev libc6 libssl3t64 libpcre2-8-0 zlib1g
          libcrypt1 libzstd1 libgcc-s1)

private_apt build/apt

wanted=$(apt-get download --print-uris "${packages[@]/%//$suite}" | sort)

if ! cmp -s - "$folder/unpacked" <<<"$wanted"; then
    rm -rf "$root" "$folder/packages" "$folder/unpacked"
    mkdir -p "$root" "$folder/packages"

    (cd "$folder/packages" \
         && apt-get download -qq "${packages[@]/%//$suite}")

    for package in "$folder"/packages/*.deb; do
        dpkg-deb -x "$package" "$root"
    done

    printf '%s\n' "$wanted" > "$folder/unpacked"
fi

triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
loader=$(find "$root" -name 'ld-linux*.so.*' -print -quit)
libraries=$root/usr/lib/$triplet:/usr/lib/$triplet

cat > "$folder/nginx" <<WRAPPER
#!/bin/sh
exec "$loader" --library-path "$libraries" "$root/usr/sbin/nginx" "\$@"
WRAPPER
chmod +x "$folder/nginx"

"$folder/nginx" -v

t/tools/build.sh "$root/usr/share/nginx/src" "$folder/module" \
    "$folder/ngx_http_jupref_module.so"
