#!/usr/bin/env bash
# Trains and decodes the same models with rung and with PyTorch on this machine, in turns, and prints one table:
#     bash benchmarks/peers/run.sh [--json FILE] [--rounds N] [--only REGEX] [--threads N] [--seconds S] [--list]
# Some 20 minutes for everything. PyTorch is that of $PYTHON, or of the first Python that has one; without one, Debian's
# is installed if apt may. It runs as installed, then tuned: OpenBLAS and BLIS with OpenMP where they can be had, memory
# kept in the process, AdamW over all weights at once; and in bf16.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../.cmake/setup.sh
source "$here/../../.cmake/setup.sh"

case " $* " in *' --help '*|*' -h '*) sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit ;; esac

# Prints the first Python that has PyTorch.
python_with_torch() {
    local candidate
    for candidate in "${PYTHON:-}" /usr/bin/python3 python3; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import torch' 2>/dev/null; then echo "$candidate"; return 0; fi
    done
    return 1
}

# install PACKAGE...: true if apt could.
install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return 1
    say "installing $*"
    apt_install "$@"
}

if command -v python3 >/dev/null; then  # flags are looked at before anything is built
    workloads=$(python3 "$here/compare.py" --list "$@")
    case " $* " in *' --list '*) echo "$workloads"; exit ;; esac
fi

python=$(python_with_torch) || { install python3-torch && python=$(PYTHON='' python_with_torch); } || {
    say "no Python here has PyTorch; install it, or name one that has it: PYTHON=/path/to/python bash $0"
    say "    sudo apt-get install python3-torch"
    exit 1
}
for library in libopenblas0-openmp libblis4-openmp; do
    folder=${library#lib} folder=${folder/[0-9]/}
    compgen -G "/usr/lib/*/$folder/libblas.so.3" >/dev/null || install "$library" ||
        say "without $library PyTorch may be slower than it could be"
done

need Eigen3 benchmark
configure BENCHMARKS
build rung_peer
exec "$python" "$here/compare.py" --rung "$build/benchmarks/rung_peer" "$@"
