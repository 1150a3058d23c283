#!/usr/bin/env bash
# A sweep on this machine by GNU parallel, one line of a file a run:
#     bash examples/sweep/sweep_parallel.sh examples/sweep/sweep.txt build/sweep build/examples/01_quickstart
# Called again, it goes on: what is done or diverged stays, what was stopped or failed is run. A program that was stopped
# with its state kept (exit code 85) is started again at once, up to RETRIES times (default 10), unless the sweep itself is
# being stopped. PARALLEL has more options for parallel, such as '--jobs 4'. The exit code is that of the worst run:
# 2, 1, 85, 3, 0 in this order. Afterwards: bash examples/run.sh gather build/sweep
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=examples/sweep/lines.sh
source "$here/lines.sh"

if [ "${1:-}" = --one ]; then  # by parallel: NUMBER FILE OUT PROGRAM...
    stopping=
    trap 'stopping=1' INT TERM
    for ((try = 0; try <= ${RETRIES:-10}; ++try)); do
        sweep_run "$3" "$2" "$4" "${@:5}"
        code=$?
        if [ "$code" -ne 85 ] || [ -n "$stopping" ]; then break; fi
    done
    exit "$code"
fi

if [ $# -lt 3 ]; then echo 'usage: sweep_parallel.sh FILE OUT PROGRAM [flags of every run]' >&2; exit 2; fi
command -v parallel >/dev/null || { echo 'sweep: GNU parallel is missing: sudo apt-get install parallel' >&2; exit 1; }
sweep_check "$1" || exit
mkdir -p "$2" || exit 1
export RUNG_THREADS=${RUNG_THREADS:-1}  # a run per core

seq "$(sweep_count "$1")" | parallel --will-cite --quote --joblog "$2/joblog" \
    bash "$here/sweep_parallel.sh" --one '{}' "$1" "$2" "${@:3}"

declare -A ended=()
while IFS= read -r line; do
    code=$(cat "$2/$(sweep_folder "$line")/exit_code" 2>/dev/null || echo none)
    ended[$code]=$((${ended[$code]:-0} + 1))
    case $code in 0) ;; *) echo "sweep: exit code $code: $line ($2/$(sweep_folder "$line")/stderr.txt)" >&2 ;; esac
done < <(sweep_lines "$1")
echo "sweep: $(sweep_count "$1") runs: ${ended[0]:-0} done, ${ended[3]:-0} diverged, ${ended[85]:-0} to go on" >&2
failed=$(($(sweep_count "$1") - ${ended[0]:-0} - ${ended[2]:-0} - ${ended[3]:-0} - ${ended[85]:-0}))
if [ -n "${ended[2]:-}" ]; then exit 2; fi
if [ "$failed" -gt 0 ]; then exit 1; fi
if [ -n "${ended[85]:-}" ]; then exit 85; fi
if [ -n "${ended[3]:-}" ]; then exit 3; fi
