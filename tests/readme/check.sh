#!/usr/bin/env bash
# check.sh README COMPILER [FLAGS]: the README's listings marked cpp must compile, one after another, as they stand there;
# the second program's main gets a name of its own.
set -euo pipefail
readme=$1
shift
program=$(sed -n '/^```cpp$/,/^```$/p' "$readme" | sed '/^```/d; s/^int main(int /int second_main(int /')
for main in 'int main()' 'int second_main('; do
    [[ $program == *"$main"* ]] || { echo "no '$main' found in $readme"; exit 1; }
done
printf '%s\n' "$program" | "$@" -fsyntax-only -x c++ -
