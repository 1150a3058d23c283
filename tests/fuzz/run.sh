#!/usr/bin/env bash
# Gives the readers of untrusted files damaged ones, under the address and undefined-behaviour sanitizers of clang:
#     bash tests/fuzz/run.sh [INPUTS]     10,000,000 unless said otherwise; some twenty minutes on one core
# The last line counts them. An input that breaks a reader is kept in build/fuzz, and the exit code is 1. The compiler
# is $CLANG or the first clang++ there is; without libFuzzer the exit code is 77.
set -euo pipefail
# shellcheck source=../../.cmake/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../.cmake/setup.sh"
case " $* " in *' --help '*|*' -h '*) sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit ;; esac
inputs=${1:-10000000}
folder=$build/fuzz
mkdir -p "$folder/seeds" "$folder/found"

need nlohmann_json
clang=${CLANG:-}
for candidate in clang++ clang++-{19,18,17,16,15,14}; do
    [ -n "$clang" ] || ! command -v "$candidate" >/dev/null || clang=$candidate
done
[ -n "$clang" ] || { say "no clang++ here; install clang"; exit 77; }
flags=(-std=c++20 -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
echo 'extern "C" int LLVMFuzzerTestOneInput(unsigned char const*, unsigned long) { return 0; }' >"$folder/empty.cpp"
"$clang" "${flags[@]}" "$folder/empty.cpp" -o "$folder/empty" 2>/dev/null || { say "$clang has no libFuzzer here"; exit 77; }

"$clang" "${flags[@]}" -I "$root/include" -I "$root/tests" "$root/tests/fuzz/safetensors.cpp" -o "$folder/safetensors"
RUNG_CORPUS=$folder/seeds "$folder/safetensors" -runs=0 >/dev/null 2>&1
log=$folder/safetensors.log
nice "$folder/safetensors" -runs="$inputs" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$folder/" "$folder/found" "$folder/seeds" >"$log" 2>&1 || { tail -n 40 "$log"; exit 1; }
grep -E '^#.*(INITED|DONE)' "$log"
awk '/number_of_executed_units/ { n = $2 } /average_exec_per_sec/ { r = $2 }
     END { printf "safetensors: %d inputs, %d a second, no crash, no sanitizer report\n", n, r }' "$log"
