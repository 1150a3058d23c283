#!/usr/bin/env bash
# kill.sh PROGRAM N: kills the program at N random moments of its run, starts it again with the same command, and holds its
# weights, its record and its last line to those of a run that was never killed. Every third run is killed three times, and
# every other one writes its state after each step.
set -uo pipefail
program=$1 kills=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
RANDOM=${SEED:-1}
wrong=0

start() { exec "$program" --threads 1 --out "$1" --checkpoint-seconds "$often" >"$1.out" 2>"$1.err"; }
now() { local t=${EPOCHREALTIME/,/.}; echo "${t/./}"; }
result() { tail -n 1 "$1.out" | sed 's/,"seconds":.*//'; }
complain() { echo "run $run: $*"; wrong=$((wrong + 1)); }

often=1
for folder in first whole; do  # the second one's time counts: the first may have had to be read from the disk
    begun=$(now)
    (start "$work/$folder") || { cat "$work/$folder.err"; exit 1; }
    whole=$(($(now) - begun))  # microseconds
done

# What a killed process was doing, by what it left.
doing() {
    if [ -e "$1/DONE" ]; then echo ended; return; fi
    if compgen -G "$1/*.tmp*" >/dev/null; then echo writing; return; fi
    case $(tail -n 1 "$1/record.jsonl" 2>/dev/null) in
        *'"event":"labels"'*) echo labelling ;;
        *'"phase":"round '*) echo climbing ;;
        *'"event":"step"'* | *'"event":"test"'*) echo training ;;
        *'"event":"round"'* | *'"event":"between"'*) echo evaluating ;;
        *) echo beginning ;;
    esac
}

declare -A moments=()
done=0
for ((run = 1; done < kills && run < 10 * kills + 10; ++run)); do
    out=$work/run$run times=1
    if ((run % 3 == 0)); then times=3; fi
    if ((run % 2 == 0)); then often=0; else often=1; fi
    for ((time = 0; time < times && done < kills; ++time)); do
        start "$out" &
        process=$!
        delay=$(((RANDOM * 32768 + RANDOM) % whole))
        sleep "$((delay / 1000000)).$(printf %06d $((delay % 1000000)))"
        kill -KILL "$process" 2>/dev/null
        wait "$process" 2>/dev/null
        what=$(doing "$out")
        if [ "$what" = ended ]; then break; fi  # too late: not a kill
        done=$((done + 1))
        moments[$what]=$((${moments[$what]:-0} + 1))
        if grep -qE 'cut off|damaged|no checkpoint' "$out.err"; then complain "a torn file: $(cat "$out.err")"; fi
    done
    (start "$out") || complain "exit code $?: $(tail -n 1 "$out.err")"
    if grep -qE 'cut off|damaged|no checkpoint' "$out.err"; then complain "a torn file: $(cat "$out.err")"; fi
    if compgen -G "$out/*.tmp*" >/dev/null; then complain "left over: $(ls "$out")"; fi
    for file in weights record.jsonl; do
        cmp "$out/$file" "$work/whole/$file" || complain "$file differs"
    done
    if [ "$(result "$out")" != "$(result "$work/whole")" ]; then complain "the last line is $(result "$out")"; fi
    rm -rf "$out" "$out".*
done

printf '%s kills of a run of %s ms:' "$done" $((whole / 1000))
for what in "${!moments[@]}"; do printf ' %s %s,' "${moments[$what]}" "$what"; done
printf ' %s wrong\n' "$wrong"
if ((kills >= 50)); then  # so many meet everything that a run does
    for what in training labelling writing; do
        if ((${moments[$what]:-0} == 0)); then echo "no kill while $what"; wrong=$((wrong + 1)); fi
    done
fi
[ "$wrong" -eq 0 ] && [ "$done" -eq "$kills" ]
