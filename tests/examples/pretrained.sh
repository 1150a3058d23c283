#!/usr/bin/env bash
# pretrained.sh QUICKSTART: --save-pretrained leaves the model in a folder, also of a run that was finished without it: that is
# gone through again without training, to the same record and result.
set -uo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
bad=0
run() {  # NAME FLAGS...
    "$program" --trained-to 3 --steps 20 --rounds 1 --round-steps 5 "${@:2}" >"$work/$1.out" 2>"$work/$1.err" && return
    cat "$work/$1.err"; bad=1
}
result() { tail -n 1 "$work/$1.out" | sed 's/,"seconds":.*//'; }
files='config.json generation_config.json model.safetensors special_tokens_map.json tokenizer.json tokenizer_config.json'

program=$1
run first --out "$work/run"
cp "$work/run/record.jsonl" "$work/record"
grep -q 'steps/s' "$work/first.err" || { echo 'training is not to be seen:'; cat "$work/first.err"; bad=1; }
run later --out "$work/run" --save-pretrained "$work/later"
run whole --save-pretrained "$work/whole"
for folder in later whole; do
    if [ "$(cd "$work/$folder" && echo *)" != "$files" ]; then echo "$folder holds $(ls "$work/$folder")"; bad=1; fi
done
for file in $files; do cmp "$work/later/$file" "$work/whole/$file" || bad=1; done
for run in later whole; do
    if [ "$(result $run)" != "$(result first)" ]; then echo "$run: got $(result $run), wanted $(result first)"; bad=1; fi
done
cmp "$work/record" "$work/run/record.jsonl" || bad=1
grep -q 'steps/s' "$work/later.err" && { echo 'a finished run was trained again:'; cat "$work/later.err"; bad=1; }

# A folder that has a model already gets this run's; one whose states are gone is refused, its record as it was.
run other --seed 2 --save-pretrained "$work/later"
cmp -s "$work/later/model.safetensors" "$work/whole/model.safetensors" && { echo 'two seeds have one model'; bad=1; }
run again --out "$work/run" --save-pretrained "$work/later"
cmp "$work/later/model.safetensors" "$work/whole/model.safetensors" || bad=1
rm "$work/run/1-train.checkpoint"
"$program" --trained-to 3 --steps 20 --rounds 1 --round-steps 5 --out "$work/run" --save-pretrained "$work/later" 2>"$work/gone.err"
if [ $? -ne 1 ] || ! grep -q "got no '1-train.checkpoint' of a stage that is" "$work/gone.err"; then cat "$work/gone.err"; bad=1; fi
cmp "$work/record" "$work/run/record.jsonl" || bad=1
exit $bad
