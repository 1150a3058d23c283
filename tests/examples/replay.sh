#!/usr/bin/env bash
# replay.sh REPLAY PROGRAM: a run made again from its manifest has the same record, whatever the environment says; a record
# that differs by a byte is noticed, and so is another source of the program that was run.
set -uo pipefail
replay=$1 program=$2
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
bad=0
again() {  # CODE TEXT [PROGRAM]: a replay that ends with this code and says this
    mkdir -p "$scratch/new"
    RUNG_STEPS=5 "$replay" --manifest "$scratch/run/manifest.json" --program "${3:-$program}" --out "$scratch/new" \
        >"$scratch/said" 2>&1
    local code=$?
    if [ "$code" -ne "$1" ] || ! grep -qF "$2" "$scratch/said"; then
        printf 'got exit code %s and:\n%s\nwanted exit code %s and: %s\n' "$code" "$(cat "$scratch/said")" "$1" "$2"
        bad=1
    fi
    rm -rf "$scratch/new"
}
printf 'steps = 3\nround-steps = 3\n' >"$scratch/flags.toml"
"$program" --tensorboard >/dev/null 2>&1
[ $? -eq 2 ] || { echo '--tensorboard without --out: wanted exit code 2'; bad=1; }
RUNG_ROUNDS=1 RUNG_TENSORBOARD=true "$program" --config "$scratch/flags.toml" --seed 18446744073709551615 --out "$scratch/run" >/dev/null 2>&1 ||
    { echo 'the run failed'; exit 1; }
for curve in gradient_norm labels/precision exact_match/1 frontier; do
    grep -qF "$curve" "$scratch"/run/events.out.tfevents.* || { echo "no $curve for TensorBoard"; bad=1; }
done
[ "$("$replay" --manifest "$scratch/run/manifest.json" --name)" = "$(basename "$program")" ] || { echo 'name differs'; bad=1; }
again 0 '"same":true'
again 0 'same source, compiler, libraries and processor'
printf '#!/bin/sh\n"%s" "$@" && sed -i "s/\\"source\\":\\"[^\\"]*/\\"source\\":\\"0123/" "%s/new/manifest.json"\n' "$program" "$scratch" >"$scratch/other"
chmod +x "$scratch/other"
again 0 "replay: source: was \"$(cat "$program.source")\", is \"0123\"" "$scratch/other"
sed -i 's/"gradient_norm":\([0-9]\)/"gradient_norm":9\1/' "$scratch/run/record.jsonl"
again 1 'records differ at line 2'
sed -i 's/"event":"end"/"event":"End"/' "$scratch/run/record.jsonl"
again 1 '"same":false'
sed -i 's/"flags":{/"flags":{"stpes":3,/' "$scratch/run/manifest.json"
again 1 'the run; got exit code 2, wanted 0'
echo '{}' >"$scratch/run/manifest.json"
again 1 'has no member program; wanted a run'"'"'s manifest'
exit $bad
