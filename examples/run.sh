#!/usr/bin/env bash
# Builds and runs an example, doing its own set-up on a fresh Debian or Ubuntu machine:
#     bash examples/run.sh [NAME] [flags]     NAME with or without its number; the quickstart if left out
# Standard output and the exit code are the program's own; its last line is JSON. Without --out FOLDER the record and the
# report go to build/reports/NAME, with the flags after the name, unless RUNG_OUT or a --config file may name a folder: a
# run that was stopped goes on when it is asked for again, one that was finished
# is begun anew, and the old one put aside in build/reports.old as NAME.1, NAME.2 and so on. No experiments are:
#     show                    prints problems of the tasks and writes nothing
#     gather FOLDER...        puts many runs into one table and one page: means, intervals, a test of differences
#     replay MANIFEST         makes the run of a manifest.json again and compares the records byte by byte
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

case $target in
    gather|replay) need nlohmann_json ;;
    *) need ;;
esac
configure EXAMPLES
build "$target"
program=$build/examples/$target
if [ "$target" = replay ] && [ $# -eq 1 ] && [[ $1 != -* ]]; then
    again=$("$program" --manifest "$1" --name)
    if [ ! -e "$root/examples/$again.cpp" ]; then say "there is no example called '$again', which $1 is of"; exit 2; fi
    build "$again"
    mkdir -p "$build/replays"
    exec "$program" --manifest "$1" --program "$build/examples/$again" \
        --out "$(mktemp -d "$build/replays/$again.XXXXXX")"
fi
# A report is written unless the flags say where, or there is nothing to report.
case " $target $* ${RUNG_OUT:+--out} ${RUNG_CONFIG:+--config} " in
    ' show '*|' replay '*|*' --out'*|*' --config'*|*' --help '*|*' -h '*) ;;
    *) out=$build/reports/$target$(printf '%s' "$*" | tr -cs 'A-Za-z0-9.-' '_' | cut -c 1-150)
       if [ -s "$out/DONE" ]; then
           old=$build/reports.old/$(basename "$out") kept=1
           while [ -e "$old.$kept" ]; do kept=$((kept + 1)); done
           mkdir -p "$build/reports.old"
           mv -- "$out" "$old.$kept"
       fi
       set -- "$@" --out "$out"
       say "the record and the report go to $out" ;;
esac
exec "$program" "$@"
