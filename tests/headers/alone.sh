#!/usr/bin/env bash
# alone.sh INCLUDE_DIR FOLDER COMPILER [FLAGS]: each header under INCLUDE_DIR/FOLDER compiles with nothing before it, twice in a
# row, without a warning. FOLDER "rung/." means the headers of that folder alone.
set -uo pipefail
include=$1 folder=$2
shift 2
check=("$@" -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Werror -I "$include" -x c++)

if ! echo '#include <vector>' | "${check[@]}" - >/dev/null 2>&1; then
    echo "$1 cannot compile an empty C++20 program here"
    exit 77
fi
depth=99
case $folder in */.) depth=1 ;; esac
count=0 bad=()
while read -r header; do
    count=$((count + 1))
    "${check[@]}" -include "$header" -include "$header" /dev/null || bad+=("$header")
done < <(cd "$include" && find "$folder" -maxdepth $depth -name '*.hpp' | sed 's|/\./|/|' | sort)

echo "$count headers"
[ ${#bad[@]} -eq 0 ] || { printf 'does not compile alone: %s\n' "${bad[@]}"; exit 1; }
