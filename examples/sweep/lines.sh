# shellcheck shell=bash
# What both kinds of sweep share: a file's lines by number, a folder for each, and its run. Exit codes of a run:
#     0 done    2 a bad flag    3 diverged    85 stopped by a signal, all is kept, the same command goes on    else failed

# sweep_lines FILE: the lines that are runs.
sweep_lines() { awk '{ sub(/\r$/, "") } !/^[ \t]*(#|$)/' "$1"; }

# sweep_count FILE
sweep_count() { sweep_lines "$1" | wc -l; }

# sweep_line FILE NUMBER: the flags of run NUMBER, from 1. Exit code 2 where there is no such run.
sweep_line() {
    local line
    if [[ $2 =~ ^[1-9][0-9]*$ ]]; then line=$(sweep_lines "$1" | sed -n "$2p"); fi
    [ -n "${line:-}" ] || { echo "sweep: $1 has $(sweep_count "$1") runs; got number '$2'" >&2; return 2; }
    printf '%s\n' "$line"
}

# sweep_folder FLAGS: the name of a run's folder, "seed-1-steps-800", which stays when lines are added around it.
sweep_folder() {
    local name
    name=$(printf '%s' "$1" | tr -cs 'A-Za-z0-9._' '-' | sed 's/^[-.]*//; s/-*$//')
    if [ "${#name}" -gt 150 ]; then name=${name:0:150}-$(printf '%s' "$1" | cksum | cut -d' ' -f1); fi
    printf '%s\n' "${name:-defaults}"
}

# sweep_check FILE: exit code 2 unless there is at least one run, and no two have the same folder.
sweep_check() {
    local twice
    if [ ! -r "$1" ] || [ "$(sweep_count "$1")" -eq 0 ]; then echo "sweep: '$1' has no runs" >&2; return 2; fi
    twice=$(sweep_lines "$1" | while IFS= read -r line; do sweep_folder "$line"; done | sort | uniq -d | head -1)
    [ -z "$twice" ] || { echo "sweep: $1 has two runs of the folder '$twice'" >&2; return 2; }
}

# sweep_run FILE NUMBER OUT COMMAND...: the run, in its folder below OUT. What it prints is in stdout.txt there and, what it
# says besides, in stderr.txt; how it ended in exit_code. A run that is done or diverged ended for good,
# and is not run again by the same command.
sweep_run() {
    local file=$1 number=$2 out=$3 line folder code command
    shift 3
    line=$(sweep_line "$file" "$number") || return
    folder=$out/$(sweep_folder "$line")
    mkdir -p "$folder" || return 1
    code=$(cat "$folder/exit_code" 2>/dev/null)
    command="$* $line $(env | grep '^RUNG_' | sort | tr '\n' ' ')"
    if [ "$command" = "$(cat "$folder/command" 2>/dev/null)" ]; then
        case $code in 0|3) return "$code" ;; esac
    fi
    printf '%s\n' "$command" >"$folder/command"
    local words
    read -r -a words <<<"$line"
    "$@" "${words[@]}" --out "$folder" >"$folder/stdout.txt" 2>>"$folder/stderr.txt"
    code=$?
    echo "$code" >"$folder/exit_code"
    return "$code"
}
