#!/usr/bin/env bash
#
# Installs what this machine lacks, by group, and nothing else:
#
#     deps.sh build | run | test | asan | compat | bench | image ...
#
# Does nothing, fast, when everything is there.  Packages come from the
# machine's own Debian sources; only Test::Nginx, which Debian 12 doesn't have,
# is taken from sid through a private apt (apt.sh), alone.  Services that come
# with a package (nginx, redis) are neither started nor left enabled.

set -euo pipefail
cd "$(dirname "$0")/../.."

. t/tools/apt.sh

build='gcc libc6-dev dpkg-dev nginx nginx-dev libyajl-dev libssl-dev
       libcurl4-openssl-dev'
test='libcmocka-dev clang libclang-rt-14-dev clang-format cppcheck shellcheck
      curl nghttp2-client perl'
asan='libpcre2-dev zlib1g-dev valgrind'
bench='redis-server wrk libnginx-mod-http-lua lua-cjson'
image='buildah podman crun debootstrap curl iproute2'

policy=/usr/sbin/policy-rc.d
saved_policy=$policy.before-jupref


main() {
    local group wanted='' test_nginx=no node=no missing

    for group in "${@:-test}"; do
        case $group in
        build)  wanted+=" $build" ;;
        run)    wanted+=" $build"; node=yes ;;
        test)   wanted+=" $build $test"; node=yes; test_nginx=yes ;;
        asan)   wanted+=" $build $test $asan"; test_nginx=yes ;;
        compat) wanted+=" $build $test"; test_nginx=yes ;;
        bench)  wanted+=" $build $bench"; node=yes ;;
        image)  wanted+=" $image" ;;
        *)      fail "unknown group \"$group\"" ;;
        esac
    done

    # shellcheck disable=SC2086
    missing=$(missing_packages $wanted)

    if [ "$node" = yes ] && ! t/tools/node.sh check; then
        command -v npm > /dev/null \
            || missing+=' nodejs npm ca-certificates'
    fi

    if [ "$test_nginx" = yes ] && ! has_test_nginx; then
        missing+=' libtest-nginx-perl'
    fi

    if [ -n "$missing" ]; then
        become_root "$missing"
        # shellcheck disable=SC2086
        install_packages $missing
    fi

    if [ "$node" = yes ]; then
        t/tools/node.sh install
    fi
}


missing_packages() {
    local package installed

    installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" \
                    2>/dev/null | awk '$1 == "ii" { print $2 }')

    for package in $(printf '%s\n' "$@" | sort -u); do
        grep -qxF "$package" <<<"$installed" || printf ' %s' "$package"
    done
}


has_test_nginx() {
    perl -MTest::Nginx::Socket -e 1 2>/dev/null
}


become_root() {
    as_root=()

    if [ "$(id -u)" -eq 0 ]; then
        return
    fi

    if command -v sudo > /dev/null && sudo -v; then
        as_root=(sudo)
        return
    fi

    fail "missing packages:$1
install them as root (libtest-nginx-perl is in Debian sid), or run this as root"
}


install_packages() {
    local package plain=() unstable=()

    for package in "$@"; do
        if [ "$package" = libtest-nginx-perl ] && ! in_own_sources "$package"
        then
            unstable+=("$package/sid")
        else
            plain+=("$package")
        fi
    done

    printf 'installing: %s\n' "$*"

    exec 9> "${TMPDIR:-/tmp}/jupref-deps-$(id -u).lock"
    flock 9

    hold_services
    trap release_services EXIT

    if [ ${#plain[@]} -gt 0 ]; then
        apt_install "${plain[@]}" || {
            "${as_root[@]}" apt-get update -qq
            apt_install "${plain[@]}"
        }
    fi

    if [ ${#unstable[@]} -gt 0 ]; then
        private_apt build/apt
        apt_install "${unstable[@]}"
    fi

    release_services
    trap - EXIT

    for package in "$@"; do
        case $package in
        nginx)        disable_service nginx ;;
        redis-server) disable_service redis-server ;;
        esac
    done
}


in_own_sources() {
    apt-cache policy "$1" | grep -q 'Candidate: [0-9]'
}


apt_install() {
    "${as_root[@]}" env ${APT_CONFIG:+APT_CONFIG="$APT_CONFIG"} \
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends -o DPkg::Lock::Timeout=300 \
            -o Dpkg::Use-Pty=0 "$@" > build/deps.log 2>&1 \
    || { tail -n 20 build/deps.log >&2; return 1; }
}


# Debian asks policy-rc.d before it starts a service of a new package; 101 is
# "no".  A policy the machine already has comes back afterwards.

hold_services() {
    if [ -e "$policy" ] || [ -L "$policy" ]; then
        "${as_root[@]}" mv "$policy" "$saved_policy"
    fi

    printf '#!/bin/sh\nexit 101\n' \
        | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
}


release_services() {
    if [ -e "$saved_policy" ] || [ -L "$saved_policy" ]; then
        "${as_root[@]}" mv "$saved_policy" "$policy"
    else
        "${as_root[@]}" rm -f "$policy"
    fi
}


disable_service() {
    "${as_root[@]}" deb-systemd-helper disable "$1.service" > /dev/null 2>&1 \
        || true
    "${as_root[@]}" update-rc.d "$1" disable > /dev/null 2>&1 || true
}


fail() {
    printf 'deps: %s\n' "$1" >&2
    exit 1
}


mkdir -p build
main "$@"
