#!/usr/bin/env bash
#
# A Node new enough for the sandbox (LiteSVM wants 20; Debian 12 has 18).
#
#     node.sh check      true when the first node on PATH is new enough
#     node.sh install    gets one through npm into build/node when it isn't
#
# The npm registry carries Node's own binaries as packages, so the machine's
# npm and its registry settings are all that is needed.  The Makefile and the
# scripts put build/node/bin first on PATH.

set -euo pipefail
cd "$(dirname "$0")/../.."

oldest=20
wanted=22

PATH=$PWD/build/node/bin:$PATH


new_enough() {
    local version

    version=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null) \
        && [ "$version" -ge "$oldest" ] && command -v npm > /dev/null
}


install_node() {
    local machine modules name

    case $(uname -m) in
    x86_64)  machine=x64 ;;
    aarch64) machine=arm64 ;;
    *)       printf 'no Node %s for %s in the npm registry: install one\n' \
                    "$wanted" "$(uname -m)" >&2
             return 1 ;;
    esac

    modules=build/node/node_modules

    npm install --prefix build/node --no-save --no-audit --no-fund \
        --ignore-scripts --loglevel=error \
        "node-linux-$machine@$wanted" npm@10

    mkdir -p build/node/bin
    ln -sf "../node_modules/node-linux-$machine/bin/node" build/node/bin/node

    # npm's own launcher follows "node" on PATH, which is the new one there

    for name in npm npx; do
        ln -sf "../node_modules/npm/bin/$name-cli.js" "build/node/bin/$name"
        chmod +x "$modules/npm/bin/$name-cli.js"
    done

    new_enough
}


case ${1:-} in
check)   new_enough ;;
install) new_enough || install_node ;;
*)       printf 'usage: node.sh check|install\n' >&2; exit 2 ;;
esac
