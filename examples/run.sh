#!/usr/bin/env bash
# Builds and runs an example, doing its own set-up on a fresh Debian or Ubuntu machine:
#     bash examples/run.sh [NAME] [flags]     NAME with or without its number; the quickstart if left out
# Standard output and the exit code are the program's own; its last line is JSON. Without --out FOLDER the record and the
# report go to build/reports/NAME, with the flags after the name: a run that was stopped goes on when it is asked for again,
# one that was finished is begun anew. `show` is no experiment: it prints problems of the tasks and writes nothing.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../.cmake/setup.sh"

name=quickstart
if [ $# -gt 0 ] && [[ $1 != -* ]]; then name=$(basename "$1" .cpp); shift; fi

target='' names=()
for file in "$root"/examples/*.cpp; do
    example=$(basename "$file" .cpp)
    names+=("$example")
    if [ "$name" = "$example" ] || [ "$name" = "${example#[0-9][0-9]_}" ]; then target=$example; fi
done
if [ -z "$target" ]; then
    say "there is no example called '$name'; there are:"
    printf '    %s\n' "${names[@]}" >&2
    exit 2
fi

need
configure EXAMPLES
build "$target"
# A report is written unless the flags say where, or there is nothing to report.
case " $target $* " in
    ' show '*|*' --out'*|*' --help '*|*' -h '*) ;;
    *) out=$build/reports/$target$(printf '%s' "$*" | tr -cs 'A-Za-z0-9.-' '_' | cut -c 1-150)
       if [ -e "$out/DONE" ]; then rm -rf -- "$out"; fi
       set -- "$@" --out "$out"
       say "the record and the report go to $out" ;;
esac
exec "$build/examples/$target" "$@"
