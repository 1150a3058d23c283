#!/usr/bin/env bash
# Builds and runs the benchmarks, doing its own set-up on a fresh Debian or Ubuntu machine:
#     bash benchmarks/run.sh [filter] [flags of Google Benchmark]     those whose name matches
#     bash benchmarks/run.sh compile_time [flags]                     see compile_time.sh
#     bash benchmarks/run.sh peers [flags]                            beside PyTorch, see peers/run.sh
#     bash benchmarks/run.sh cuda [flags]                             on a GPU, see cuda/run.sh
# Prints the median of the repetitions (5 unless a flag says otherwise); all of it goes to build/benchmarks/NAME.json.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../.cmake/setup.sh
source "$here/../.cmake/setup.sh"

case ${1:-} in
    -h|--help) sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit ;;
    compile_time) shift; exec bash "$here/compile_time.sh" "$@" ;;
    peers) shift; exec bash "$here/peers/run.sh" "$@" ;;
    cuda) shift; exec bash "$here/cuda/run.sh" "$@" ;;
esac
filter=.
if [ $# -gt 0 ] && [[ $1 != -* ]]; then filter=$1; shift; fi

need Eigen3 benchmark
configure BENCHMARKS
build rung_benchmarks

ran=0
for file in "$here"/*.cpp; do
    name=$(basename "$file" .cpp)
    program=$build/benchmarks/benchmark_$name
    "$program" --benchmark_list_tests=true "--benchmark_filter=$filter" 2>/dev/null | grep -q . || continue
    # Interleaved, because a slow second of the machine would otherwise fall on one benchmark alone.
    "$program" "--benchmark_filter=$filter" --benchmark_repetitions=5 --benchmark_min_time=0.2 \
        --benchmark_enable_random_interleaving=true --benchmark_display_aggregates_only=true --benchmark_color=false \
        "--benchmark_out=$build/benchmarks/$name.json" --benchmark_out_format=json "$@" |
        grep -vE '_(mean|stddev|cv) '
    say "wrote $build/benchmarks/$name.json"
    ran=$((ran + 1))
done
[ "$ran" -gt 0 ] || { say "no benchmark matches '$filter'"; exit 2; }
