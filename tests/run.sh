#!/usr/bin/env bash
# Builds and runs the tests, doing its own set-up on a fresh Debian or Ubuntu machine:
#     bash tests/run.sh [regex]     only the tests whose name matches, e.g. '^model/'
# The last line is "N passed, N failed"; the exit code is 0 only if all passed and at least one ran.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../.cmake/setup.sh"

finish() {
    echo "$1 passed, $2 failed"
    if [ "$1" -gt 0 ] && [ "$2" -eq 0 ]; then exit 0; else exit 1; fi
}

{ need Eigen3 doctest nlohmann_json && configure TESTS EXAMPLES && build rung_tests rung_examples; } || finish 0 1

junit=$build/tests.xml
rm -f "$junit"
ctest --test-dir "$build" --parallel "$jobs" --timeout 600 --output-on-failure --no-tests=error \
    --output-junit "$junit" ${1:+--tests-regex "$1"} 2>&1
status=$?

count() { grep -cE "<testcase .* status=\"$1\"" "$junit" 2>/dev/null; }
passed=$(count run) failed=$(count 'fail|notrun|disabled')
skipped=$(grep -c '<skipped message="SKIP_' "$junit" 2>/dev/null)  # a test that says the machine cannot run it
failed=$((${failed:-0} - ${skipped:-0}))
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && [ "${passed:-0}" -gt 0 ]; then failed=1; fi
if [ "${skipped:-0}" -gt 0 ]; then echo "$skipped skipped"; fi
finish "${passed:-0}" "$failed"
