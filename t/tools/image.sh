#!/usr/bin/env bash
#
# Builds the Dockerfile and runs what comes out, on a machine with neither a
# container engine nor a registry: buildah builds, on a debian:bookworm-slim
# made by debootstrap from the machine's own mirror; podman runs it, as the
# image's user, read-only and without a capability, in a network of its own.
#
#     image.sh         leaves build/image/jupref.tar; all else is removed
#     image.sh check   the inner half: runs the image and looks at it
#
# The base is kept in build/image/base.tar, for the next time.

set -euo pipefail
cd "$(dirname "$0")/../.."

. t/tools/apt.sh

here=$PWD/build/image
driver=overlay

if [ "$(stat -f -c %T .)" = overlayfs ]; then
    driver=vfs
fi

storage=(--root "$here/storage" --runroot "$here/run"
         --storage-driver "$driver")


main() {
    if [ "$(id -u)" -ne 0 ]; then
        printf 'image: building without an engine needs root\n' >&2
        exit 1
    fi

    clean_up
    mkdir -p "$here"
    trap clean_up EXIT

    [ -f "$here/base.tar" ] || make_base
    build

    # a mount and a network name space of their own: neither podman's mounts
    # nor the container's port touch the machine's

    unshare --mount --net --propagation private "$0" check

    rm -f "$here/jupref.tar"
    buildah "${storage[@]}" push -q localhost/jupref:built \
        "docker-archive:$here/jupref.tar:jupref:latest"
    printf 'image: build/image/jupref.tar, %s MB\n' \
           $(($(stat -c %s "$here/jupref.tar") / 1000000))
}


# What the registry's debian:bookworm-slim is: minbase, with the security
# updates, and a policy by which packages start no services.

make_base() {
    local sources mirror root=$here/base

    sources=$(machine_sources bookworm)
    read -r mirror _ <<<"$sources"

    printf 'making the base image, once\n'
    debootstrap --variant=minbase bookworm "$root" "$mirror" \
        > "$here/debootstrap.log" 2>&1 \
    || { tail -n 20 "$here/debootstrap.log" >&2; exit 1; }

    sed 's/^\(.*\)$/deb \1 main/' <<<"$sources" > "$root/etc/apt/sources.list"
    printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"

    chroot "$root" sh -c 'export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq && apt-get upgrade -y -qq' \
        > "$here/upgrade.log" 2>&1 \
    || { tail -n 20 "$here/upgrade.log" >&2; exit 1; }

    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin \
        "$root"/var/lib/apt/lists/*

    tar -C "$root" -cf "$here/base.tar.new" .
    rm -rf "$root"
    mv "$here/base.tar.new" "$here/base.tar"
}


build() {
    local container

    container=$(buildah "${storage[@]}" from scratch)
    buildah "${storage[@]}" add -q "$container" "$here/base.tar" / > /dev/null
    buildah "${storage[@]}" config --cmd /bin/bash \
        --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        "$container"
    buildah "${storage[@]}" commit -q --rm "$container" \
        docker.io/library/debian:bookworm-slim > /dev/null

    printf '/build\n/.git\n**/node_modules\n' > "$here/ignore"

    buildah "${storage[@]}" bud --isolation chroot --pull-never \
        --format docker --ignorefile "$here/ignore" \
        --tag localhost/jupref:built . > "$here/build.log" 2>&1 \
    || { tail -n 40 "$here/build.log" >&2; exit 1; }
}


check() {
    local address=http://127.0.0.1:8080

    ip link set lo up

    # crun refuses a hybrid cgroup tree: hide its second half, in here only

    if mountpoint -q /sys/fs/cgroup/unified; then
        umount /sys/fs/cgroup/unified
    fi

    podman=(podman "${storage[@]}" --log-level fatal
            --cgroup-manager cgroupfs
            --tmpdir "$here/tmp")

    started looks_right
    keeps_a_journal
}


# Starts the image, with the options that follow, has a function look at it,
# and takes it away again.

started() {
    local look=$1 id status=0
    shift

    id=$("${podman[@]}" run --detach --network host --read-only \
             --tmpfs /tmp --cap-drop all --security-opt no-new-privileges \
             --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
             "$@" localhost/jupref:built)

    "$look" "$id" "$address" || status=1

    if [ "$status" -ne 0 ]; then
        "${podman[@]}" logs "$id" >&2
        "${podman[@]}" kill "$id" > /dev/null || true
    fi

    "${podman[@]}" rm --force "$id" > /dev/null
    return "$status"
}


# As conf-examples/container/nginx.conf says: with a volume and a keyring two
# containers, one after the other, have one log.

keeps_a_journal() {
    local key conf="$here/nginx.conf" keys="$here/keys"
    local mounts=(--volume jupref:/var/lib/jupref
                  --volume "$keys:/etc/jupref/keys:ro"
                  --volume "$conf:/etc/nginx/nginx.conf:ro")

    key=$(od -An -vtx1 -N32 /dev/urandom | tr -d ' \n')
    (umask 077; printf 'seal 1 %s\n' "$key" > "$keys")
    chown 33 "$keys"
    sed 's|main 64m;|main 64m state=/var/lib/jupref;\n'\
'    jupref_keyring /etc/jupref/keys;|' \
        conf-examples/container/nginx.conf > "$conf"

    started shows_its_log "${mounts[@]}"
    mv "$here/log-key" "$here/log-key.first"
    started shows_its_log "${mounts[@]}"
    cmp "$here/log-key" "$here/log-key.first"
    printf 'keeps its journal in the volume\n'
}


shows_its_log() {
    local id=$1 address=$2

    curl -sS --fail --retry 20 --retry-delay 1 --retry-connrefused \
         --output "$here/head" "$address/v1/ledger/head" || return 1
    grep -o '"verifierKey":"[^"]*"' "$here/head" > "$here/log-key" || return 1
    "${podman[@]}" stop --time 10 "$id" > /dev/null
}


looks_right() {
    local id=$1 address=$2 user

    curl -sS --fail --retry 20 --retry-delay 1 --retry-connrefused \
         --output "$here/health" "$address/health" || return 1
    printf 'GET /health: %s\n' "$(tr -d '\n' < "$here/health")"

    curl -sS --fail --output /dev/null "$address/v1/platform" || return 1
    printf 'GET /v1/platform: 200\n'

    user=$("${podman[@]}" exec "$id" id -u)
    printf 'runs as uid %s\n' "$user"

    "${podman[@]}" exec "$id" jupref-journal --help > /dev/null || return 1
    printf 'has jupref-journal\n'

    [ "$user" -ne 0 ] || return 1

    "${podman[@]}" healthcheck run "$id" || return 1
    printf 'the health check agrees\n'

    # the image's stop signal lets nginx leave by itself, with 0

    "${podman[@]}" stop --time 10 "$id" > /dev/null
    [ "$("${podman[@]}" inspect --format '{{.State.ExitCode}}' "$id")" = 0 ] \
        || return 1
    "${podman[@]}" logs "$id" > "$here/log" 2>&1
    grep -q 'gracefully shutting down' "$here/log" || return 1
    printf 'stops gracefully\n'
}


clean_up() {
    local mounted

    mkdir -p "$here"

    if [ -d "$here/storage" ]; then
        buildah "${storage[@]}" rm --all > /dev/null 2>&1 || true
        buildah "${storage[@]}" rmi --all --force > /dev/null 2>&1 || true
    fi

    awk -v below="$here/" 'index($2, below) == 1 { print $2 }' /proc/mounts \
        | sort -r | while read -r mounted; do
        umount "$mounted"
    done

    rm -rf "$here"/{storage,run,tmp,base,health,ignore,log,head,log-key*,keys} \
        "$here/nginx.conf"
}


case ${1:-} in
check) check ;;
*)     main ;;
esac
