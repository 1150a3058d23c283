#!/usr/bin/env bash
# run.sh WAY REPOSITORY SCRATCH COMPILER: builds and runs main.cpp as a stranger would, in the folder SCRATCH.
#     find_package       install the library, move what was installed, find it
#     add_subdirectory   the repository inside another project; also: no test, no installed file, no flag comes with it
#     command_line       one compiler command and no CMake
set -euo pipefail
way=$1 repository=$2 scratch=$3 compiler=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"

configure() { cmake "$@" -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_COMPILER=$compiler" >log.txt || { cat log.txt; return 1; }; }
quiet() { "$@" >log.txt 2>&1 || { cat log.txt; return 1; }; }
fail() { echo "$*"; exit 1; }

case $way in
    find_package)
        configure -S "$repository" -B rung -DRUNG_TESTS=OFF -DRUNG_EXAMPLES=OFF -DRUNG_BENCHMARKS=OFF
        quiet cmake --install rung --prefix "$scratch/first"
        mv first elsewhere
        diff -r "$repository/include" elsewhere/include
        if grep -rF -e "$repository" -e "$scratch" elsewhere; then fail "the installed files name a folder of this machine"; fi
        configure -S "$here" -B consumer "-DCMAKE_PREFIX_PATH=$scratch/elsewhere"
        quiet cmake --build consumer
        ./consumer/consumer
        ;;
    add_subdirectory)
        configure -S "$here" -B consumer "-DRUNG_SOURCE=$repository"
        if grep -E -- ' (-W|-m|-f|-O[^3])' consumer/compile_commands.json; then fail "a flag leaks"; fi
        (cd consumer && ctest -N) | grep -q 'Total Tests: 0' || fail "a test leaks"
        quiet cmake --build consumer
        quiet cmake --install consumer --prefix "$scratch/prefix"
        if [ -e prefix ]; then fail "something is installed: $(find prefix -type f)"; fi
        ./consumer/consumer
        ;;
    command_line)
        [ "$(uname -m)" = x86_64 ] || { echo "not an x86-64 machine"; exit 77; }
        "$compiler" -std=c++20 -O3 -march=x86-64-v3 -I "$repository/include" "$here/main.cpp" -o consumer
        for feature in avx2 fma; do grep -qw $feature /proc/cpuinfo || { echo "compiled; this CPU cannot run it"; exit 77; }; done
        ./consumer
        ;;
esac
