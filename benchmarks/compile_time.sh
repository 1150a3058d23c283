#!/usr/bin/env bash
# What does it cost to compile with rung? Processor seconds, peak memory, and the longest mangled name:
#     bash benchmarks/compile_time.sh [--json FILE] [--repetitions N]
# Medians of N compilations (3) at -O2 with the compiler's default instruction set. $CXX names another compiler.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../.cmake/setup.sh
source "$here/../.cmake/setup.sh"

usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
json='' repetitions=3
while [ $# -gt 0 ]; do
    case $1 in
        -h|--help) usage; exit ;;
        --json|--repetitions) [ $# -gt 1 ] || { say "$1: got no value"; usage >&2; exit 2; }
            if [ "$1" = --json ]; then json=$2; else repetitions=$2; fi
            shift 2 ;;
        *) say "$1: unknown flag"; usage >&2; exit 2 ;;
    esac
done
[[ $repetitions =~ ^[1-9][0-9]*$ ]] || {
    say "--repetitions: got '$repetitions', wanted an integer of at least 1"
    exit 2
}

need
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

flags=(-std=c++20 -O2 -I "$root/include")

# timed COMMAND...: prints "seconds kilobytes", user and system time together; 0 kilobytes where nothing here can tell.
timed() {
    if /usr/bin/time -f '' true 2>/dev/null; then
        /usr/bin/time -o "$scratch/time" -f '%U %S %M' "$@" && awk '{print $1 + $2, $3}' "$scratch/time"
    elif command -v python3 >/dev/null; then
        python3 -c 'if True:
            import resource, subprocess, sys
            code = subprocess.call(sys.argv[1:])
            use = resource.getrusage(resource.RUSAGE_CHILDREN)
            print(use.ru_utime + use.ru_stime, use.ru_maxrss)
            sys.exit(code)' "$@"
    else
        local TIMEFORMAT='%U %S'
        { time "$@" 2>"$scratch/errors"; } 2>"$scratch/time" && awk '{print $1 + $2, 0}' "$scratch/time"
    fi
}

# The middle line of standard input, by its first field.
median() { sort -g | awk '{line[NR] = $0} END {print line[int((NR + 1) / 2)]}'; }

rows=()
# compile WHAT FILE: a row of the table, and one of the JSON.
compile() {
    local what=$1 file=$2 seconds kilobytes symbol i
    for ((i = 0; i < repetitions; ++i)); do
        timed "$CXX" "${flags[@]}" -c "$file" -o "$scratch/object.o"
    done >"$scratch/times" || { say "does not compile: $what"; exit 1; }
    read -r seconds kilobytes < <(median <"$scratch/times")
    symbol=$(nm --format=posix "$scratch/object.o" | awk '{if (length($1) > n) n = length($1)} END {print n + 0}')
    printf '| %s | %.2f | %.0f | %d |\n' "$what" "$seconds" "$((kilobytes / 1024))" "$symbol"
    rows+=("$(printf '{"what":"%s","seconds":%.3f,"peak_mb":%.0f,"longest_symbol":%d}' \
        "$what" "$seconds" "$((kilobytes / 1024))" "$symbol")")
    rm "$scratch/object.o"
}

echo '#include <rung/rung.hpp>' >"$scratch/rung.cpp"

echo "| $("$CXX" --version | head -n 1), -O2 | seconds | peak MB | longest symbol |"
echo '|---|---|---|---|'
compile 'include rung.hpp alone' "$scratch/rung.cpp"
compile 'the quickstart' "$root/examples/01_quickstart.cpp"
compile 'two loops, read at once, and four stopping rules (04)' "$root/examples/04_longer_than_trained.cpp"
cat >"$scratch/much.cpp" <<'END'
#include <iostream>
#include <rung/rung.hpp>
using namespace rung;
inline constexpr Shape shape{.vocab = Addition::vocab, .context = 96, .width = 64, .heads = 4, .kv_heads = 2};
struct Style : Llama {
    static constexpr Norms  norms    = Norms::around;
    static constexpr bool   qk_norm  = true;
    static constexpr double soft_cap = 30;
};
using Depth = NormBetween<PassEmbedding<StartFrom<Start::random, PreludeCoreCoda<1, 2, 1, 8, GateInput>>>>;
struct Much : Transformer<shape, Fire<>, Depth, Style> { using Transformer::Transformer; };
int main() {
    cpu::Context ctx;
    Much         model{ctx};
    train(ctx, model, Addition{}, Uniform{1, 10}, {.passes = PoissonPasses{.mean = 8}});
    std::cout << evaluate(ctx, model, Addition{}, {}, DivergenceBelow{});
}
END
compile 'a model of everything at once, with a stopping rule' "$scratch/much.cpp"

if [ -n "$json" ]; then
    printf '{"compiler":"%s","flags":"-std=c++20 -O2","repetitions":%d,"measured":[%s]}\n' \
        "$("$CXX" --version | head -n 1)" "$repetitions" "$(IFS=,; echo "${rows[*]}")" >"$json"
    say "wrote $json"
fi
