#!/usr/bin/env bash
# tensorboard.sh INCLUDE_DIR BUILD_DIR COMPILER: TensorBoard itself reads what tensorboard.hpp writes. Its Python package
# is installed once, below BUILD_DIR; where that is not possible the exit code is 77, skipped.
set -uo pipefail
include=$1 build=$2 compiler=$3
python=$build/tensorboard-venv/bin/python
if ! "$python" -c 'import tensorboard' 2>/dev/null; then
    { python3 -m venv "$build/tensorboard-venv" && timeout 300 "$python" -m pip install -q tensorboard; } >/dev/null 2>&1 ||
        { echo 'skipped: pip cannot install tensorboard here'; exit 77; }
fi
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/write.cpp" <<'END'
#include "rung/experiment/tensorboard.hpp"
int main(int, char** argv) {
    rung::EventFile events{argv[1]};
    for (unsigned step = 1; step <= 300; ++step) events.scalar("loss", step, 1.0 / step);
    events.scalar("exact_match/8", 1ull << 40, -0.5);
}
END
"$compiler" -std=c++20 -I "$include" "$scratch/write.cpp" -o "$scratch/write" && "$scratch/write" "$scratch/run" || exit 1

"$python" - "$scratch/run" <<'END'
import struct, sys, warnings
warnings.simplefilter("ignore")
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run = EventAccumulator(sys.argv[1]).Reload()
assert run.file_version == 2, run.file_version
read = {tag: [(e.step, e.value) for e in run.Scalars(tag)] for tag in run.Tags()["scalars"]}
single = lambda x: struct.unpack("f", struct.pack("f", x))[0]
wanted = {"loss": [(step, single(1 / step)) for step in range(1, 301)], "exact_match/8": [(1 << 40, -0.5)]}
for tag in wanted:
    assert read.get(tag) == wanted[tag], f"{tag}: got {read.get(tag, [])[:3]}, wanted {wanted[tag][:3]} ..."
print("TensorBoard reads", sum(map(len, read.values())), "numbers of", len(read), "curves")
END
