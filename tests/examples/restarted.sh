#!/usr/bin/env bash
# restarted.sh QUICKSTART: killed twice, and stopped once by SIGTERM, it ends with the JSON of a run that was not.
set -uo pipefail
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
command=("$1" --trained-to 3 --steps 40 --rounds 1 --round-steps 10 --checkpoint-seconds 0)

result() { tail -n 1 "$1" | sed 's/,"seconds":.*//'; }
# stop SIGNAL STEPS: starts it and sends the signal once that many steps are on record.
stop() {
    "${command[@]}" --out "$work/killed" >"$work/out" 2>"$work/err" &
    local process=$!
    until [ "$(grep -c '"event":"step"' "$work/killed/record.jsonl" 2>/dev/null || true)" -ge "$2" ] 2>/dev/null; do
        kill -0 "$process" 2>/dev/null || { echo "it ended before step $2:"; cat "$work/err"; exit 1; }
        sleep 0.01
    done
    kill "-$1" "$process"
    wait "$process" 2>/dev/null
}
stop KILL 10
stop KILL 20
stop TERM 30
status=$?
if [ "$status" -ne 85 ]; then echo "got exit code $status after SIGTERM, wanted 85"; cat "$work/err"; exit 1; fi
"${command[@]}" --out "$work/killed" >"$work/out" 2>"$work/err" || { cat "$work/err"; exit 1; }
"${command[@]}" >"$work/whole" 2>/dev/null || exit 1
if [ -z "$(result "$work/out")" ] || [ "$(result "$work/out")" != "$(result "$work/whole")" ]; then
    printf 'got     %s\nwanted  %s\n' "$(result "$work/out")" "$(result "$work/whole")"
    exit 1
fi
