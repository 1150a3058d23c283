#!/usr/bin/env bash
# Builds, checks (by the tests, the quickstart and the addition example) and times the GPU backend on this machine,
# beside PyTorch if a Python here has it; prints one table, and one of every call of a step:
#     bash benchmarks/cuda/run.sh [--built] [--json FILE] [--minutes M] [--only REGEX] [--list] ...     --help shows all
# Building counts towards the minutes (9), and measurements fill the rest. Exits with 77 where there is no GPU, after
# building; with 1 if a test or program failed.
# --built takes what is in build/ as it is and needs no compiler here, only Python and cuBLASLt. Such programs come from
#     cmake -S . -B build -DCMAKE_CUDA_ARCHITECTURES=90-real -DRUNG_ARCH=x86-64-v3 -DCMAKE_EXE_LINKER_FLAGS=-s
# for an H100 or H200 and any processor, and by this script without --built. Of build/ they are benchmarks/rung_cuda_*,
# tests/test_cuda_*, examples/01_quickstart and examples/02_addition: 47 MB, and twice as much with code for other GPUs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../.cmake/setup.sh
source "$here/../../.cmake/setup.sh"
limit=1200  # seconds that building may take

flags=() built='' nothing=''
for flag; do
    case $flag in
        --built) built=yes ;;
        --list) flags+=("$flag"); nothing=yes ;;
        -h|--help) sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; flags+=("$flag"); nothing=yes ;;
        *) flags+=("$flag") ;;
    esac
done
python=${PYTHON:-python3}
command -v "$python" >/dev/null || { say "Python 3.9 or newer is missing: it runs everything"; exit 1; }
if [ "$nothing" ]; then exec "$python" "$here/measure.py" "${flags[@]}"; fi
"$python" "$here/measure.py" --list "${flags[@]}" >/dev/null  # flags are looked at before anything is built

if [ ! "$built" ]; then
    need Eigen3 doctest benchmark
    configure TESTS EXAMPLES BENCHMARKS
    cmake --build "$build" --target help | grep -q rung_cuda_peer || {
        say "no CUDA compiler of version 12.6 or newer was found; install the CUDA toolkit, or set CUDACXX to its nvcc"
        exit 1
    }
    tests=$(ctest --test-dir "$build" --show-only -R '^cuda/' 2>/dev/null | sed -n 's|.*Test.*: cuda/|test_cuda_|p')
    tell_of_cuda
    # shellcheck disable=SC2086  # one word per program
    timeout "$limit" cmake --build "$build" --parallel "$jobs" --target rung_cuda_peer rung_cuda_machine \
        rung_cuda_profile 01_quickstart 02_addition $tests >&2 || {
        say "not built, or not in $limit s"
        exit 1
    }
    flags+=(--ctest)
fi
exec "$python" "$here/measure.py" --build "$build" --spent "$SECONDS" "${flags[@]}"
