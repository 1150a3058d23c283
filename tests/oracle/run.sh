#!/usr/bin/env bash
# Holds the library against PyTorch and Hugging Face's Transformers:
#     bash tests/oracle/run.sh [--keep | --light PROGRAMS]
# Checkpoints load in both major versions of Transformers, with the same logits and the same greedy answers, and are read
# back as those write them; gradients and 100 losses are those of a twin in plain PyTorch. The last line is "N passed, N
# failed", and the exit code 0 if all passed. What is needed is put into virtual environments under build/oracle, which
# --keep takes as they are: PyTorch from its index of CPU builds, else from PyPI (some gigabytes), else the system's with
# an older Transformers. --light, of which tests/run.sh has a test, fetches no PyTorch: it takes the environments that are
# there, else the system's, and programs that are built. Where none of these can be had, the reason is printed and the
# exit code is 77: skipped.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../.cmake/setup.sh
source "$here/../../.cmake/setup.sh"
case " $* " in *' --help '*|*' -h '*) sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed '$d'; exit ;; esac
folder=$build/oracle
mkdir -p "$folder"

skip() { say "skipped: $*"; exit 77; }
has() { "$1" -c "import $2" 2>/dev/null; }
pip() { "$folder/$1/bin/pip" install -q --disable-pip-version-check --retries 1 --timeout 20 "${@:2}"; }

# An environment with PyTorch of its own and the current Transformers, and the last of version 4 beside it.
make_current() {
    local python=${PYTHON:-python3}
    [ -x "$folder/current/bin/pip" ] || "$python" -m venv "$folder/current" || return 1
    if ! has "$folder/current/bin/python" torch; then
        say "installing PyTorch"
        pip current torch numpy --index-url https://download.pytorch.org/whl/cpu 2>/dev/null || {
            say "its index of CPU builds cannot be reached; from PyPI it takes some gigabytes"
            pip current torch numpy
        } || return 1
    fi
    [ "${1:-}" = --keep ] && has "$folder/current/bin/python" transformers && return 0
    say "installing Transformers"
    pip current --upgrade transformers safetensors tokenizers || return 1
    [ -d "$folder/transformers4" ] || pip current --target "$folder/transformers4" 'transformers<5'
}

# The system's PyTorch and a Transformers that still knows it.
make_old() {
    has /usr/bin/python3 torch || return 1
    [ -x "$folder/old/bin/pip" ] || /usr/bin/python3 -m venv --system-site-packages "$folder/old" || return 1
    has "$folder/old/bin/python" transformers || pip old 'transformers<4.42' safetensors tokenizers
}

lanes=()  # NAME PATH_OF_MORE_PACKAGES
programs=$build/tests
if [ "${1:-}" = --light ]; then programs=${2:?wanted the folder of the programs}; fi
is_there() { has "$folder/current/bin/python" torch && has "$folder/current/bin/python" transformers; }
if { [ "${1:-}" = --light ] && is_there; } || { [ "${1:-}" != --light ] && make_current "${1:-}"; }; then
    lanes=("current -")
    [ ! -d "$folder/transformers4" ] || lanes+=("current $folder/transformers4")
elif make_old; then
    lanes=("old -")
else
    skip "no PyTorch with Transformers here, and pip cannot install them"
fi

if [ "${1:-}" != --light ]; then
    { need Eigen3 doctest nlohmann_json && configure TESTS && build oracle_{export,import,training}; } ||
        { echo "0 passed, 1 failed"; exit 1; }
fi
files=$programs/oracle  # of a build's own
rm -rf "$files"
mkdir -p "$files/exports" "$files/runs"
passed=0 failed=0
count() {  # COMMAND...: prints what it says, and adds the figures of its last line
    local output
    output=$("$@" 2>&1)
    printf '%s\n' "$output"
    if [[ ${output##*$'\n'} =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
    else
        failed=$((failed + 1))
    fi
}
if "$programs/oracle_export" "$files/exports" && "$programs/oracle_training" "$files/runs"; then
    for lane in "${lanes[@]}"; do
        read -r name path <<<"$lane"
        count env PYTHONPATH="${path#-}" "$folder/$name/bin/python" "$here/transformers_check.py" "$files/exports"
    done
    count "$programs/oracle_import" "$files/exports"
    count "$folder/${lanes[0]%% *}/bin/python" "$here/training_check.py" "$files/runs"
else
    failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
