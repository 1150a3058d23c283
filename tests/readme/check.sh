#!/usr/bin/env bash
# check.sh README COMPILER [FLAGS]: the README's program, its first C++ listing, must compile as it stands there.
set -euo pipefail
readme=$1
shift
program=$(sed -n '/^```cpp$/,/^```$/p' "$readme" | sed '/^```/d')
[[ $program == *'int main()'* ]] || { echo "no program found in $readme"; exit 1; }
printf '%s\n' "$program" | "$@" -fsyntax-only -x c++ -
