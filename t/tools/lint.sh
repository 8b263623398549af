#!/usr/bin/env bash
#
# What can be said about the code without running it, as TAP: one test a check.
# Needs a built module: the analysers read the headers configure wrote.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit
shopt -s nullglob globstar

c_files=(ngx_jupref_module/**/*.[ch] t/unit/*.[ch] t/fuzz/*.[ch] t/sim/*.[ch]
         t/bench/*.[ch] t/e2e/*.[ch])
module_sources=(ngx_jupref_module/**/*.c)
scripts=(t/tools/*.sh .ci/run)
perl_files=(t/tools/*.pl)
node_files=()

# what others wrote and npm installed is not ours to check

while IFS= read -r file; do
    node_files+=("$file")
done < <(find t conf-examples -name node_modules -prune -o -name '*.mjs' -print)

nginx_src=${NGINX_SRC:-/usr/share/nginx/src}
includes=(-Ingx_jupref_module)

for folder in core event event/modules event/quic os/unix http http/modules \
              http/v2 http/v3; do
    includes+=(-isystem "$nginx_src/src/$folder")
done

includes+=(-isystem build/debian)


style() {
    perl t/tools/style.pl "${c_files[@]}"
}


log_formats() {
    perl t/tools/formats.pl "${module_sources[@]}"
}


# Words that mark what isn't finished; split here, so as not to find itself.

unfinished() {
    local words='TO''DO|FIX''ME|X''XX|not implem''ented|for n''ow'

    ! grep -rnE --exclude-dir=node_modules --exclude-dir=corpus \
          --exclude=package-lock.json "\\b($words)\\b" \
          config Makefile ngx_jupref_module t conf-examples ./*.md Dockerfile
}


gcc_analyzer() {
    printf '%s\n' "${module_sources[@]}" \
        | xargs -P "$(nproc)" -I '{}' \
              gcc -std=gnu11 -O1 -fanalyzer -Werror "${includes[@]}" \
                  -c -o /dev/null '{}'
}


# uninitvar takes an array that one loop fills and the next reads for unset;
# gcc's analyser and valgrind look after those.

cppcheck_errors() {
    cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -j "$(nproc)" \
             --enable=warning,portability -Ingx_jupref_module \
             --suppress=uninitvar --suppress=legacyUninitvar \
             --suppress=missingInclude \
             --suppress=missingIncludeSystem \
             "${module_sources[@]}"
}


# The module is loaded into somebody's nginx: no global name but our own.

exported_names() {
    ! nm -D --defined-only build/ngx_http_jupref_module.so \
        | awk '{ print $3 }' \
        | grep -vE '^(ngx_http_jupref_|jupref_|ngx_modules$|ngx_module_names$|ngx_module_order$)'
}


# dlopen() with lazy binding hides a missing function until it is called.

loads_whole() {
    mkdir -p build/lint
    cat > build/lint/nginx.conf <<CONF
load_module $PWD/build/ngx_http_jupref_module.so;
pid $PWD/build/lint/nginx.pid;
error_log stderr;
events { }
CONF
    LD_BIND_NOW=1 "${NGINX:-/usr/sbin/nginx}" -t -q -e stderr \
        -p "$PWD/build/lint" -c "$PWD/build/lint/nginx.conf"
}


shell_scripts() {
    shellcheck -x -e SC2001 --source-path=. "${scripts[@]}"
}


perl_scripts() {
    local file status=0

    for file in "${perl_files[@]}"; do
        perl -wc "$file" 2>&1 | grep -v 'syntax OK' && status=1
    done

    return "$status"
}


node_scripts() {
    local file status=0

    for file in "${node_files[@]}"; do
        node --check "$file" || status=1
    done

    return "$status"
}


number=0

check() {
    local output

    number=$((number + 1))

    if output=$("$1" 2>&1); then
        printf 'ok %s - %s\n' "$number" "$2"
    else
        printf 'not ok %s - %s\n' "$number" "$2"
        printf '%s\n' "$output" | sed 's/^/# /' >&2
    fi
}

check style           'C files keep the style'
check log_formats     'log formats match their arguments'
check unfinished      'nothing is marked unfinished'
check gcc_analyzer    'gcc -fanalyzer finds nothing'
check cppcheck_errors 'cppcheck finds nothing'
check exported_names  'the module exports its own names only'
check loads_whole     'the module loads with every symbol bound'
check shell_scripts   'shellcheck finds nothing'
check perl_scripts    'Perl scripts compile without a warning'
check node_scripts    'Node scripts parse'

printf '1..%s\n' "$number"
