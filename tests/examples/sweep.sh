#!/usr/bin/env bash
# sweep.sh SOURCE_DIR: examples/sweep maps numbers to lines, names folders, and heeds exit codes: by Slurm, whose srun and
# scontrol are stood in for, and by GNU parallel itself. Without parallel that part is skipped, with exit code 77.
set -uo pipefail
sweep=$1/examples/sweep
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
bad=0
is() { [ "$2" = "$3" ] || { printf '%s: got "%s", wanted "%s"\n' "$1" "$2" "$3"; bad=1; }; }

# shellcheck source=examples/sweep/lines.sh
source "$sweep/lines.sh"
printf '# a sweep\n\n--seed 1 --rate 0.5\r\n  \n   # more\n--seed 2  --rate 1e-3\n--seed 3' >"$scratch/lines.txt"
is 'runs' "$(sweep_count "$scratch/lines.txt")" 3
is 'run 1' "$(sweep_line "$scratch/lines.txt" 1)" '--seed 1 --rate 0.5'
is 'run 2' "$(sweep_line "$scratch/lines.txt" 2)" '--seed 2  --rate 1e-3'
is 'run 3, of a line without an end' "$(sweep_line "$scratch/lines.txt" 3)" '--seed 3'
for number in 0 4 -1 x '' '1p;1'; do
    got=$(sweep_line "$scratch/lines.txt" "$number" 2>/dev/null)
    is "code of run '$number'" $? 2
    is "run '$number'" "$got" ''
done
is 'folder' "$(sweep_folder '--seed 2  --rate 1e-3')" seed-2-rate-1e-3
is 'folder without flags of its own' "$(sweep_folder '--/../')" defaults
long=$(sweep_folder "--note $(printf 'x%.0s' {1..300})")
is 'a long name is cut' "$([ "${#long}" -lt 200 ] && echo yes)" yes
is 'and stays one of its own' "$([ "$long" != "$(sweep_folder "--note $(printf 'x%.0s' {1..301})")" ] && echo yes)" yes
printf -- '--seed 1\n--seed=1\n' >"$scratch/twice.txt"
sweep_check "$scratch/twice.txt" 2>/dev/null
is 'code of two runs of one folder' $? 2
sweep_check /dev/null 2>/dev/null
is 'code of no runs' $? 2
sweep_check "$sweep/sweep.txt"
is 'code of the sweep that comes along' $? 0

# A program that ends as its flags say: --ends 85,85,0 with 0 when it is run for the third time. It notes its runs in --out.
cat >"$scratch/program" <<'END'
#!/usr/bin/env bash
while [ $# -gt 0 ]; do
    case $1 in --ends) ends=$2 ;; --out) out=$2 ;; esac
    shift 2
done
echo "threads $RUNG_THREADS" >>"$out/runs"
run=$(wc -l <"$out/runs")
echo '{"experiment":"stub"}'
exit "$(echo "$ends,$ends" | cut -d, -f"$run")"
END
printf '#!/usr/bin/env bash\nexec "$@"\n' >"$scratch/srun"
printf '#!/usr/bin/env bash\necho "$@" >>"%s/requeued"\n' "$scratch" >"$scratch/scontrol"
chmod +x "$scratch/program" "$scratch/srun" "$scratch/scontrol"
cat >"$scratch/ends.txt" <<'END'
--ends 0 --seed 1
--ends 85,0 --seed 2
--ends 3 --seed 3
--ends 2 --seed 4
--ends 1,0 --seed 5
END

# Slurm: job 100 + number is the array's task of this number.
job() {
    env PATH="$scratch:$PATH" SWEEP_SCRIPTS="$sweep" SLURM_ARRAY_TASK_ID="$1" SLURM_JOB_ID=$((100 + $1)) \
        SLURM_CPUS_PER_TASK=3 bash "$sweep/sweep.sbatch" "$scratch/ends.txt" "$scratch/slurm" "$scratch/program" 2>/dev/null
}
for number_code in 1:0 2:85 3:3 4:2 5:1 6:2; do
    job "${number_code%:*}"
    is "Slurm: code of run ${number_code%:*}" $? "${number_code#*:}"
done
is 'Slurm: queued again' "$(cat "$scratch/requeued")" 'requeue 102'
job 2
is 'Slurm: code of a run that went on' $? 0
job 1; job 3
is 'Slurm: code of a run that diverged before' $? 3
is 'Slurm: times that what is over was run' "$(cat "$scratch"/slurm/ends-[03]-seed-[13]/runs | wc -l)" 2
is 'Slurm: threads' "$(head -1 "$scratch/slurm/ends-0-seed-1/runs")" 'threads 3'
is 'Slurm: output' "$(cat "$scratch/slurm/ends-85-0-seed-2/stdout.txt")" '{"experiment":"stub"}'

command -v parallel >/dev/null || { [ "$bad" -eq 0 ] && echo 'skipped: GNU parallel is not here' && exit 77; exit 1; }
all() { env "$@" bash "$sweep/sweep_parallel.sh" "$scratch/ends.txt" "$scratch/parallel" "$scratch/program" 2>"$scratch/errors"; }
all RETRIES=0
is 'parallel: code of all' $? 2
is 'parallel: what is said' "$(grep -c 'exit code' "$scratch/errors")" 4
is 'parallel: and of how many' "$(tail -1 "$scratch/errors")" 'sweep: 5 runs: 1 done, 1 diverged, 1 to go on'
is 'parallel: runs' "$(cat "$scratch"/parallel/*/runs | wc -l)" 5
sed -i 4d "$scratch/ends.txt"
all RETRIES=0
is 'parallel: code of all, called again' $? 3
is 'parallel: what was left' "$(tail -1 "$scratch/errors")" 'sweep: 4 runs: 3 done, 1 diverged, 0 to go on'
is 'parallel: runs of what was over' "$(cat "$scratch"/parallel/ends-[03]-seed-[13]/runs | wc -l)" 2
is 'parallel: threads' "$(head -1 "$scratch/parallel/ends-0-seed-1/runs")" 'threads 1'
printf -- '--ends 85,85,85,0\n' >"$scratch/ends.txt"
all A=b
is 'parallel: code of a run that was stopped three times' $? 0
is 'parallel: its runs' "$(wc -l <"$scratch/parallel/ends-85-85-85-0/runs")" 4
printf -- '--ends 85,85\n' >"$scratch/ends.txt"
all RETRIES=2
is 'parallel: code of a run that is always stopped' $? 85
is 'parallel: its runs' "$(wc -l <"$scratch/parallel/ends-85-85/runs")" 3
exit $bad
