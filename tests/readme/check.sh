#!/usr/bin/env bash
# check.sh README COMPILER [FLAGS]: the README's listings marked cpp must compile, one after another, as they stand there;
# the second program's main gets a name of its own.
set -euo pipefail
readme=$1
shift
program=$(sed -n '/^```cpp$/,/^```$/p' "$readme" | sed '/^```/d; s/^int main(int /int second_main(int /')
[[ $program == *'int main()'* ]] || { echo "no program found in $readme"; exit 1; }
printf '%s\n' "$program" | "$@" -fsyntax-only -x c++ -
