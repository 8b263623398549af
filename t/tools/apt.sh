#!/usr/bin/env bash
#
# A private apt beside the machine's own: same mirror, same keys, other suites.
#
# Some things the tests need are not in the machine's release (Test::Nginx,
# newer nginx) or not in its indexes (source packages).  Adding suites to
# /etc/apt would change what every later upgrade of the machine does, so they
# live in a configuration of their own under build/apt.  Pins keep newer suites
# below the machine's, so nothing comes from them unless asked as package/suite.
#
# Sourced: `private_apt` writes the configuration, refreshes the indexes when
# they are older than a day, and exports APT_CONFIG.  The mirror is whatever the
# machine itself uses.

# "URI suite" of each source of the machine that belongs to a release: its main
# suite first, then updates and security.

machine_sources() {
    # shellcheck disable=SC2016
    env -u APT_CONFIG apt-get indextargets \
        --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' \
    | awk -v release="$1" '$2 ~ "^" release "(-updates|-security)?$" \
                           && $3 == "main" { print $1, $2 }' \
    | sort -u -k 2

    [ "${PIPESTATUS[0]}" -eq 0 ]
}


machine_release() {
    # shellcheck disable=SC1091
    (. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
}


private_apt() {
    local dir="$1" release sources mirror suite stamp

    release=$(machine_release)
    sources=$(machine_sources "$release")
    read -r mirror suite <<<"$sources"

    if [ "$suite" != "$release" ]; then
        printf 'no apt source of this machine offers "%s main"\n' \
               "$release" >&2
        return 1
    fi

    mkdir -p "$dir"/{parts,lists/partial,cache/archives/partial}
    dir=$(cd "$dir" && pwd)

    {
        sed 's/^\(.*\)$/deb \1 main\ndeb-src \1 main/' <<<"$sources"

        # a mirror may lag behind with suites it is not kept for; what comes
        # from them is signed all the same

        for suite in trixie sid; do
            if [ "$suite" != "$release" ]; then
                printf 'deb [check-valid-until=no] %s %s main\n' "$mirror" \
                       "$suite"
            fi
        done
    } > "$dir/parts/jupref.list.new"

    cat > "$dir/pin" <<PIN
Package: *
Pin: release n=trixie
Pin-Priority: 60

Package: *
Pin: release n=sid
Pin-Priority: 50
PIN

    cat > "$dir/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$dir/parts";
Dir::Etc::preferences "$dir/pin";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$dir/lists";
Dir::Cache "$dir/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
DPkg::Lock::Timeout "300";
CONF

    export APT_CONFIG="$dir/apt.conf"
    stamp="$dir/updated"

    if ! cmp -s "$dir/parts/jupref.list.new" "$dir/parts/jupref.list" \
       || [ -z "$(find "$stamp" -mtime -1 2>/dev/null)" ]
    then
        mv "$dir/parts/jupref.list.new" "$dir/parts/jupref.list"
        apt-get update -qq
        touch "$stamp"
    else
        rm "$dir/parts/jupref.list.new"
    fi
}
