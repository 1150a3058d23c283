#!/usr/bin/env bash
# gather.sh GATHER: numbers of made-up runs, worked out by hand.
set -uo pipefail
gather=$1
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
bad=0
says() {  # TEXT FLAGS...: one of the lines, blanks run together, is TEXT
    local said
    said=$(RUNG_STEPS=5 "$gather" "${@:2}" 2>&1 | tr -s ' ')
    grep -qxF -- "$1" <<<"$said" || { printf 'got:\n%s\nwanted the line: %s\n' "$said" "$1"; bad=1; }
}
run() {  # RATE SEED LOSS: twice begun, as a folder that was used again has it
    mkdir -p "$scratch/runs/$1-$2"
    local begin='{"event":"begin","experiment":"toy","flags":{"seed":'$2',"rate":'$1',"width":64}}'
    printf '%s\n{"event":"end","result":{"experiment":"toy","seed":%s,"loss":99}}\n%s\n{"event":"step","loss":7}\n' \
        "$begin" "$2" "$begin" >"$scratch/runs/$1-$2/record.jsonl"
    printf '{"event":"end","result":{"experiment":"toy","seed":%s,"after":{"1":1,"20":%s},"loss":%s,"width":64,"seconds":1.5}}\n' \
        "$2" "$3" "$3" >>"$scratch/runs/$1-$2/record.jsonl"
}
run 0.1 1 4; run 0.1 2 8; run 0.1 3 3; run 0.2 1 5; run 0.2 2 10; run 0.2 3 6; run 0.2 9 7
runs=("$scratch"/runs/0.1-* "$scratch"/runs/0.2-*)
# 4, 8, 3: mean 5, deviations -1, 3, -2, variance 7; 4.30265 * sqrt(7 / 3) = 6.572. 5, 10, 6, 7: variance 14 / 3, 3.18245 *
# sqrt(14 / 12) = 3.437. Differences of seeds 1, 2, 3: 1, 2, 3, mean 2, 4.30265 / sqrt(3) = 2.484.
says 'loss rate=0.1 3 5 [-1.572, 11.57] 4 3 8' "${runs[@]}"
says 'loss rate=0.2 4 7 [3.563, 10.44] 6.5 5 10' "${runs[@]}"
says 'loss rate=0.2 3 2 [-0.484, 4.484] 0.25 0.25' "${runs[@]}"
says 'loss rate=0.1 3 5 [-1.572, 11.57] 4 8 3' "${runs[@]}" --best lowest
says 'after.20 rate=0.1 3 5 [-1.572, 11.57] 4 3 8' "$scratch/runs" --metrics after
says '{"gathered":7,"settings":2,"unfinished":false}' "$scratch/runs" --metrics loss,after.20
"$gather" "${runs[@]}" --metrics loss | grep -q 'With 3 seeds p cannot be less than 0.25\.' || { echo 'least p is not said'; bad=1; }
"$gather" "${runs[@]}" | grep -q '^width' && { echo 'what all runs have the same is no result'; bad=1; }
says "gather: --metrics: got 'los', wanted some of after.1, after.20, loss, width (--help shows every flag)" \
    "$scratch/runs" --metrics los
says 'gather: FOLDER: got none, wanted folders or files of runs (--help shows every flag)'
says "gather: '$scratch/none' is not there; wanted a run's folder or file" "$scratch/none"

# The last line of what a program printed, and a run that was killed.
printf 'difficulty  after\n1  1.000\n{"experiment":"toy","seed":4,"loss":2}\n' >"$scratch/printed.txt"
says 'loss toy 1 2 - 2 2 2' "$scratch/printed.txt"
mkdir "$scratch/killed" && head -1 "${runs[0]}/record.jsonl" >"$scratch/killed/record.jsonl"
says "gather: left out, for they have no result: $scratch/killed/record.jsonl" "$scratch/printed.txt" "$scratch/killed"
cp -r "${runs[0]}" "$scratch/killed/again"
says "gather: seed 1 of 'toy'; got '${runs[0]}/record.jsonl' and '$scratch/killed/again/record.jsonl', wanted one run" \
    "${runs[0]}" "$scratch/killed"

# Another program's run is another setting, and an event that is none is passed over.
cp -r "${runs[0]}" "$scratch/other"
sed -i 's/"event":"begin",/"event":"begin","source":"0123",/; 1s/^/{"event":5}\n/; s/"seed":1/"seed":4/' "$scratch/other/record.jsonl"
says '{"gathered":2,"settings":2,"unfinished":false}' "${runs[1]}" "$scratch/other"
says 'loss source="0123" 1 4 - 4 4 4' "${runs[1]}" "$scratch/other" --metrics loss
says 'gather: what programs printed does not say its flags: taken for one setting each' \
    "$scratch/printed.txt" <(sed 's/"seed":4/"seed":5/' "$scratch/printed.txt")

"$gather" "${runs[@]}" --out "$scratch/out" >/dev/null || bad=1
grep -qF "gather $scratch/runs/0.1-1 " "$scratch/out/gather.html" || { echo 'the page has not its command'; bad=1; }
for part in '<td>loss</td><td>rate=0.2</td><td>4</td><td>7</td>' '<svg' 'after: mean over seeds' 'loss by seed'; do
    grep -qF "$part" "$scratch/out/gather.html" || { echo "the page has no: $part"; bad=1; }
done
exit $bad
