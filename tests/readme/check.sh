#!/usr/bin/env bash
# check.sh README COMPILER [FLAGS]: the README's listings must compile. Those marked cpp are programs, and stand one after
# another as they are; the second one's main gets a name of its own. Those marked c++ are snippets, each in the setting
# that it names, see settings.hpp.
set -euo pipefail
readme=$1 here=$(dirname "$0")
shift
unknown=$(awk '/^```/ { if (!inside && !/^```(|sh|cmake|cpp|c\+\+ [a-z]+)$/) print NR ": " $0; inside = !inside }' "$readme")
[[ -z $unknown ]] || { echo "listings of no known kind (cpp, c++ SETTING, sh, cmake, none) in $readme: $unknown"; exit 1; }
program=$(sed -n '/^```cpp$/,/^```$/p' "$readme" | sed '/^```/d; s/^int main(int /int second_main(int /')
for main in 'int main()' 'int second_main('; do
    [[ $program == *"$main"* ]] || { echo "no '$main' found in $readme"; exit 1; }
done
snippets=$(awk '
    /^```c\+\+/ { inside = 1; print "struct snippet_" ++count " : " $2 " { void run() {"; next }
    inside && /^```/ { inside = 0; print "} };" }
    inside && !/^#include/ { print }' "$readme")
[[ $snippets == *snippet_5* ]] || { echo "fewer than five snippets found in $readme"; exit 1; }
includes=$(sed -n '/^```c++/,/^```$/p' "$readme" | grep '^#include' || true)
printf '%s\n' "$program" | "$@" -fsyntax-only -x c++ -
printf '%s\n' '#include "settings.hpp"' "$includes" "$snippets" | "$@" -Wno-unused -I "$here" -fsyntax-only -x c++ -
