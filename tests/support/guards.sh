#!/usr/bin/env bash
# guards.sh TESTS_DIR COMPILER: shows each guard the mistake it is there for; passes if every one of them objects.
set -uo pipefail
tests=$1 compiler=$2
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
bad=0
rejects() {  # TEXT COMMAND...
    bash "$tests/support/expect.sh" fail "$@" || bad=1
}

alone() { rejects "$1" bash "$tests/headers/alone.sh" "$scratch" room "$compiler"; }
mkdir "$scratch/room"
echo 'inline std::vector<int> f() { return {}; }' >"$scratch/room/incomplete.hpp"
alone 'does not compile alone: room/incomplete.hpp'
echo 'struct Twice {};' >"$scratch/room/incomplete.hpp"
alone 'redefinition'
printf '#pragma once\ninline int f(int unused) { return 0; }\n' >"$scratch/room/incomplete.hpp"
alone 'unused'
printf '#pragma once\ninline int f(int x) { for (int x : {1}) return x; return x; }\n' >"$scratch/room/incomplete.hpp"
alone 'shadow'

promise() {  # TEXT FILE_CONTENT
    printf '%b' "$2" >"$scratch/promise.cpp"
    rejects "$1" bash "$tests/compile_fail/check.sh" "$scratch/promise.cpp" "$compiler" -std=c++20
}
promise 'the first line must read' 'static_assert(false);\n'
promise 'this should not compile' '// expect: anything\n'
promise 'should compile' '// expect: no such file\n#include <no/such/file.hpp>\n'
promise 'wanted this message: the cure' '// expect: the cure\n#ifndef RUNG_FIXED\nstatic_assert(false, "the ill");\n#endif\n'
promise 'wanted this message: the cure' '// expect: the cure\n#ifndef RUNG_FIXED\nint x = ""; // the cure\n#endif\n'

readme() {  # TEXT SED_EXPRESSION
    sed "$2" "$tests/../README.md" >"$scratch/README.md"
    rejects "$1" bash "$tests/readme/check.sh" "$scratch/README.md" "$compiler" -std=c++20
}
readme 'no known kind' 's/^```cpp$/```c++/'
readme 'no known kind' 's/^```c++ sums$/```C++ sums/'
readme "no 'int main()'" 's/int main()/int start()/'
readme 'fewer than five snippets' '/^```c++/,/^```$/d'

rejects 'wanted exit code 3' bash "$tests/support/expect.sh" 3 '' true
rejects 'and: hello' bash "$tests/support/expect.sh" 0 hello true
exit $bad
