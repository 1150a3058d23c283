#!/usr/bin/env bash
# pretrained.sh QUICKSTART: --save-pretrained leaves the model in a folder; a run that was finished without it is gone through
# again without training, to the same record and result, and one that has left it is not.
set -uo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
bad=0
run() {  # NAME FLAGS...
    "$program" --trained-to 3 --steps 20 --rounds 1 --round-steps 5 "${@:2}" >"$work/$1.out" 2>"$work/$1.err" && return
    cat "$work/$1.err"; bad=1
}
result() { tail -n 1 "$work/$1.out" | sed 's/,"seconds":.*//'; }
steps() { sed 's/"seconds[a-z_]*":.*//' "$work/run/record.jsonl"; }
files='config.json generation_config.json model.safetensors special_tokens_map.json tokenizer.json tokenizer_config.json'

program=$1
run first --out "$work/run"
record=$(steps)
run later --out "$work/run" --save-pretrained "$work/later"
run whole --save-pretrained "$work/whole"
for folder in later whole; do
    if [ "$(cd "$work/$folder" && echo *)" != "$files" ]; then echo "$folder holds $(ls "$work/$folder")"; bad=1; fi
done
for file in $files; do cmp "$work/later/$file" "$work/whole/$file" || bad=1; done
for run in later whole; do
    if [ "$(result $run)" != "$(result first)" ]; then echo "$run: got $(result $run), wanted $(result first)"; bad=1; fi
done
if [ "$(steps)" != "$record" ]; then echo 'the record is another'; bad=1; fi
grep -q 'steps/s' "$work/later.err" && { echo 'a finished run was trained again:'; cat "$work/later.err"; bad=1; }

run again --out "$work/run" --save-pretrained "$work/later"
grep -q 'this run is finished' "$work/again.err" || { echo 'a finished run was gone through again'; bad=1; }
exit $bad
