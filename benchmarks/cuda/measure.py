#!/usr/bin/env python3
"""Checks and times rung on this machine's GPU, in turns with PyTorch, and prints one table. run.sh does the building.

Time on a GPU is short, so every process has a limit, nothing starts after the deadline, and what is not done then is a
dash. First the machine is measured, while it is quiet, and then the workloads that matter most (FIRST), by everyone
and call by call; then tests run, and beside them PyTorch's compiler, for later; then the other timings. In the first
turn each workload is run by rung and by PyTorch as it comes, in the second by rung and by PyTorch compiled; more turns
follow if there is time. What counts is the median over processes.

Training is compiled with the compiler's default mode: the modes that try out kernels take minutes for each model. For
decoding, which is one small launch after another, graphs are replayed (reduce-overhead).
"""

import argparse
import glob
import json
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TORCH_PEER = Path(__file__).resolve().parent.parent / "peers" / "torch_peer.py"
LENGTHS = {"micro": 32, "mini": 32, "tiny": 64, "small": 256}
TURNS = (("rung f32", "rung bf16", "PyTorch eager"), ("rung bf16", "PyTorch compiled"))
LABELS = ("rung f32", "rung bf16", "PyTorch eager", "PyTorch compiled")
FIRST = ("train small, T 256, B 64", "train tiny, T 64, B 64", "decode small, B 1024")
FIRST_TURNS = (("rung bf16", "PyTorch compiled", "rung f32"), ("PyTorch eager",))
NO_GPU = 77  # the exit code of tests and programs that find none
LIMITS = {"rung": 30, "PyTorch": 100, "test": 120, "sanitizer": 90, "example": 90}  # seconds
LIMITS.update(machine=60, preparing=150)
EXAMPLES = {"01_quickstart": "20", "02_addition": "14"}  # and how far they climb
LEARNT = 0.9  # of the longest there, at least; on the CPU they come to 1.000 and 0.990, by sums of another order
GIVE_UP = 120  # seconds lost to failures of a peer, after which it is not run any more


def workloads():
    """Name and flags of each, as the table has them."""
    found = {}
    for batch in (64, 1024):
        for size, length in LENGTHS.items():
            flags = f"--mode train --model {size} --length {length} --batch {batch}"
            found[f"train {size}, T {length}, B {batch}"] = flags
    for size in ("micro", "mini", "tiny"):
        flags = f"--mode train --model {size} --length {LENGTHS[size]} --batch 64 --voters 5"
        found[f"train 5 times {size}, T {LENGTHS[size]}, B 64"] = flags
    for size in ("micro", "tiny", "small"):
        flags = f"--mode train --model {size} --length {LENGTHS[size]} --batch 64 --no-branches"
        found[f"train {size}, T {LENGTHS[size]}, B 64, no branches"] = flags
    for size in ("tiny", "small"):
        flags = f"--mode train --model {size} --length {LENGTHS[size]} --batch 64 --no-fused-gelu"
        found[f"train {size}, T {LENGTHS[size]}, B 64, no fused GELU"] = flags
    for batch in (64, 1024):
        for size in LENGTHS:
            found[f"decode {size}, B {batch}"] = f"--mode decode --model {size} --batch {batch}"
    for mode in ("train", "decode"):
        for batch in (64, 1024):
            length = ", T 64" if mode == "train" else ""
            for size in ("stacked", "looped"):
                found[f"{mode} {size}{length}, B {batch}"] = f"--mode {mode} --model {size} --batch {batch}"
    return found


WORKLOADS = workloads()


def urgency(name):
    """The large models first, but for the one that takes longest."""
    longest = name == "train small, T 256, B 1024"
    size = WORKLOADS[name].split()[3]
    return longest, ("small", "tiny", "mini", "micro", "stacked", "looped").index(size)


def say(*words, below=()):
    """A line, and others under it."""
    print(f"rung: {' '.join(map(str, words))}", *below, sep="\n    ", file=sys.stderr, flush=True)


class Done:
    """How a process ended: its exit code, None if it was stopped at its limit; what it said, and how long it took."""

    running = set()

    def __init__(self, command, limit, environment=None):
        start = time.monotonic()
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "errors": "replace"}
        # A session of its own, so that what it has started can be stopped with it.
        process = subprocess.Popen(list(map(str, command)), env=environment, start_new_session=True, **streams)
        Done.running.add(process.pid)
        try:
            self.out, self.errors = process.communicate(timeout=max(limit, 0.1))
            self.code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            self.out, self.errors = process.communicate()
            self.code = None
        Done.running.discard(process.pid)
        self.seconds = time.monotonic() - start

    def why(self):
        """The last thing that it said, if it failed."""
        if self.code is None:
            return f"stopped after {self.seconds:.0f} s"
        last = [line for line in (self.out + "\n" + self.errors).splitlines() if line.strip()][-1:]
        hint = " (built for another processor? see run.sh)" if self.code == -signal.SIGILL else ""
        return f"exit code {self.code}{hint}: {' '.join(last)[:300]}"


class Machine:
    """What there is: built programs, a Python with a PyTorch that sees the GPU, and how much time."""

    def __init__(self, args):
        self.args, self.build = args, Path(args.build)
        self.deadline = time.monotonic() + 60 * args.minutes - args.spent
        self.rung = self.build / "benchmarks" / "rung_cuda_peer"
        self.probe = self.build / "benchmarks" / "rung_cuda_machine"
        self.calls = self.build / "benchmarks" / "rung_cuda_profile"
        for program in (self.rung, self.probe, self.calls):
            if not os.access(program, os.X_OK):
                sys.exit(f"rung: {program} is not there; build it first, without --built")
        self.environment = {**os.environ, **self.library_path()}
        cache = {"TORCHINDUCTOR_CACHE_DIR": str(self.build / "benchmarks" / "inductor")}
        cache.update(TORCHINDUCTOR_FX_GRAPH_CACHE="1", TORCHINDUCTOR_AUTOGRAD_CACHE="1")
        self.torch_environment = {**os.environ, **cache}
        self.python, self.features = None, []

    def left(self):
        return self.deadline - time.monotonic()

    def stop(self, *_):
        """Ends what runs and lets nothing else start."""
        self.deadline = time.monotonic()
        for process in list(Done.running):
            os.killpg(process, signal.SIGKILL)

    def library_path(self):
        """Where cuBLASLt is, if the system does not know."""
        if "not found" not in Done(["ldd", self.probe], 10).out:
            return {}
        homes = [*map(os.environ.get, ("CUDA_HOME", "CUDA_PATH")), *sorted(glob.glob("/usr/local/cuda*"))]
        folders = [f"{home}/{folder}" for home in homes if home for folder in ("lib64", "lib", "targets/*/lib")]
        folders += [f"{path}/nvidia/*/lib" for path in sys.path if path]
        found = [os.path.dirname(file) for folder in folders for file in glob.glob(f"{folder}/libcublasLt.so.*")]
        paths = list(dict.fromkeys([*found, *filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(":"))]))
        return {"LD_LIBRARY_PATH": ":".join(paths)}

    def find_torch(self):
        for python in dict.fromkeys(filter(None, (self.args.python, sys.executable, "python3", "/usr/bin/python3"))):
            try:
                done = Done([python, TORCH_PEER, "--features"], min(LIMITS["PyTorch"], self.left()))
            except OSError:
                continue
            if "cuda" in done.out.split():
                self.python, self.features = python, done.out.split()
                return
        say("no Python here has a PyTorch that sees the GPU: its columns stay empty")

    def peers(self, name):
        """Command and environment of whatever can run a workload."""
        flags = WORKLOADS[name].split()
        rung = [self.rung, "--seconds", self.args.seconds, "--choice", self.args.choice, *flags]
        found = {f"rung {precision}": [*rung, "--precision", precision] for precision in ("f32", "bf16")}
        if {"stacked", "looped", "--voters", "--no-branches", "--no-fused-gelu"} & set(flags):  # rung's beside rung's
            del found["rung f32"]
        elif self.python:
            trains = "train" in flags
            torch = [self.python, TORCH_PEER, "--device", "cuda", "--seconds", self.args.seconds, *flags]
            torch += ["--precision", "bf16", "--fused" if trains else "--static"]
            torch += ["--sdpa"] if "sdpa" in self.features else []
            found["PyTorch eager"] = torch
            if "compile" in self.features:
                mode = self.args.train_mode if trains else "reduce-overhead"
                found["PyTorch compiled"] = [*torch, "--compile", mode]
        environments = {"rung": self.environment, "PyTorch": self.torch_environment}
        return {label: (command, environments[label.split()[0]]) for label, command in found.items()}


def measure_machine(machine):
    """The line of rung_cuda_machine; without a GPU this is the end."""
    done = Done([machine.probe], min(LIMITS["machine"], machine.left()), machine.environment)
    if done.code == NO_GPU:
        say(done.errors.strip())
        sys.exit(NO_GPU)
    if done.code != 0:
        say(f"rung_cuda_machine: {done.why()}")
        return {"failed": done.why()}
    return json.loads(done.out)


def run_test(machine, program):
    done = Done([program], min(LIMITS["test"], machine.left()), machine.environment)
    outcome = {0: "passed", NO_GPU: "skipped"}.get(done.code, "failed")
    if outcome == "failed":
        say(f"{program.name}: {done.why()}", below=(done.out + done.errors).splitlines()[-40:])
    return {"name": f"cuda/{program.name[len('test_cuda_'):]}", "outcome": outcome, "seconds": done.seconds}


def run_ctest(machine):
    """The same tests as the build knows them."""
    report = machine.build / "benchmarks" / "cuda_tests.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", machine.build, "-R", "^cuda/", "--output-on-failure", "--timeout", LIMITS["test"]]
    done = Done([*command, "--output-junit", report], min(3 * LIMITS["test"], machine.left()), machine.environment)
    if not report.exists():
        return [{"name": "ctest", "outcome": "failed", "seconds": done.seconds, "why": done.why()}]
    if done.code != 0:
        say(f"ctest: {done.why()}", below=done.out.splitlines()[-60:])
    tests = []
    for case in xml.parse(report).getroot().iter("testcase"):
        outcome = "passed" if case.get("status") == "run" else "failed"
        if any(what.get("message", "").startswith("SKIP_") for what in case.iter("skipped")):
            outcome = "skipped"
        tests.append({"name": case.get("name"), "outcome": outcome, "seconds": float(case.get("time", 0))})
    return tests


def run_sanitizer(machine, tool):
    """Whether compute-sanitizer finds fault with the bodies. It cannot use every GPU that programs can."""
    name, program = f"{tool} of cuda/bodies", machine.build / "tests" / "test_cuda_bodies"
    for sanitizer in ("compute-sanitizer", "/usr/local/cuda/bin/compute-sanitizer"):
        try:
            limit = min(LIMITS["sanitizer"], machine.left())
            done = Done([sanitizer, "--tool", tool, "--error-exitcode", 9, program], limit, machine.environment)
        except OSError:
            continue
        said = done.out + done.errors
        outcome = "passed" if done.code == 0 else "not finished" if done.code is None else "failed"
        if done.code == NO_GPU or "Device not supported" in said:
            outcome = "skipped"
        if outcome == "failed":
            say(f"{name}: {done.why()}", below=said.splitlines()[-40:])
        return {"name": name, "outcome": outcome, "seconds": done.seconds}
    return {"name": name, "outcome": "skipped", "seconds": 0, "why": "no compute-sanitizer here"}


def run_example(machine, name, longest):
    """Whether the program comes as far as on the CPU."""
    command = [machine.build / "examples" / name, "--device", "cuda", "--seed", "1"]
    test = {"name": f"examples/{name} --device cuda", "outcome": "skipped", "seconds": 0}
    if not os.access(command[0], os.X_OK):
        return {**test, "why": "not built"}
    done = Done(command, min(LIMITS["example"], machine.left() / 8), machine.environment)
    test["seconds"] = done.seconds
    try:
        figures = json.loads(done.out.splitlines()[-1]) if done.code == 0 else {}
        before, after = (figures[when][longest] for when in ("before", "after"))
    except (ValueError, LookupError, TypeError):
        say(f"{test['name']}: {done.why()}", below=(done.out + done.errors).splitlines()[-20:])
        return {**test, "outcome": "not finished" if done.code is None else "failed"}
    outcome = "passed" if after >= LEARNT else "failed"
    return {**test, "outcome": outcome, "figures": f"{longest} digits: {before:.3f} to {after:.3f}"}


def run_tests(machine):
    programs = sorted((machine.build / "tests").glob("test_cuda_*"))
    programs = [program for program in programs if program.is_file() and os.access(program, os.X_OK)]
    if machine.args.ctest:
        tests = run_ctest(machine)
    else:
        tests = [run_test(machine, program) for program in programs]
    if not tests:
        tests = [{"name": f"no test programs in {machine.build / 'tests'}", "outcome": "failed", "seconds": 0}]
    if any(program.name == "test_cuda_bodies" for program in programs):
        with ThreadPoolExecutor(2) as pool:  # slow, and mostly on one processor each
            tests += pool.map(lambda tool: run_sanitizer(machine, tool), ("memcheck", "racecheck"))
    tests += [run_example(machine, *example) for example in EXAMPLES.items()]
    for test in tests:
        about = "".join(f", {test[key]}" for key in ("figures", "why") if key in test)
        say(f"{test['name']}: {test['outcome']}{about} ({test['seconds']:.1f} s)")
    return tests


def prepare(machine, names):
    """Compiles for PyTorch into a cache on disk, several models at a time. What is late compiles in its own turn."""
    end = time.monotonic() + min(LIMITS["preparing"], machine.left() / 2)
    wanted = [name for name in sorted(names, key=urgency) if "PyTorch compiled" in machine.peers(name)]

    def one(name):
        command, environment = machine.peers(name)["PyTorch compiled"]
        left = min(end - time.monotonic(), machine.left())
        if left < 5:
            return False
        done = Done([*command, "--prepare"], left, {**environment, "TORCHINDUCTOR_COMPILE_THREADS": "4"})
        if done.code != 0:
            say(f"compiling {name}: {done.why()}")
        return done.code == 0

    with ThreadPoolExecutor(max(1, min(8, (os.cpu_count() or 2) // 2))) as pool:
        compiled = sum(pool.map(one, wanted))
    if wanted:
        say(f"compiled {compiled} of {len(wanted)} models for PyTorch")


def check(machine, names):
    """Tests, and PyTorch's compiler beside them: neither is timed."""
    with ThreadPoolExecutor(1) as pool:
        prepared = pool.submit(prepare, machine, names)
        tests = [] if machine.args.no_tests else run_tests(machine)
        prepared.result()
    return tests


def run(machine, name, label):
    """The line that a process printed, or why it did not."""
    command, environment = machine.peers(name)[label]
    done = Done([*command, "--label", label], min(LIMITS[label.split()[0]], machine.left()), environment)
    line = {"workload": name, "label": label, "process_seconds": done.seconds}
    if done.code == 0:
        line.update(json.loads(done.out.splitlines()[-1]))
        odd = "".join(f", {what}" for what in line.get("options", ()) if what.startswith("no graphs"))
        say(f"{name}: {label}: {line['tokens_per_second']:,.0f} tokens/s ({done.seconds:.1f} s){odd}")
    else:
        line["failed" if machine.left() > 0 else "cut off"] = done.why()
        say(f"{name}: {label}: {done.why()}")
    return line


def lost(lines):
    """Seconds that failures of each peer have cost."""
    seconds = Counter()
    for line in lines:
        seconds[line["label"]] += line["process_seconds"] if "failed" in line else 0
    return seconds


def measure(machine, names, turns, lines, keep):
    """Turn after turn until the deadline. Calls keep() after each process."""
    for turn in turns:
        for name in sorted(names, key=urgency):
            peers = machine.peers(name)
            if turn == TURNS[1] and "PyTorch compiled" not in peers:
                continue  # rung has had its turn
            for label in turn:
                failed = any((line["workload"], line["label"]) == (name, label) and "failed" in line for line in lines)
                if label not in peers or failed or lost(lines)[label] > GIVE_UP or machine.left() < 5:
                    continue
                lines.append(run(machine, name, label))
                keep()


def profile(machine, name, limits):
    """A table of the calls of a training step, or of a token that is decoded."""
    command = [machine.calls, *WORKLOADS[name].split()]
    if "failed" not in limits:
        command += ["--products", limits["bf16_flops"], "--copies", limits["copy_bytes_per_second"]]
    done = Done(command, min(LIMITS["rung"], machine.left()), machine.environment)
    if done.code == 0:
        return {"workload": name, "calls": done.out}
    say(f"calls of {name}: {done.why()}")
    return {"workload": name, "failed": done.why()}


def summary(name, lines, limits):
    """A row of the table: medians over processes, and rung's share of what the machine can do."""
    done = [line for line in lines if line["workload"] == name and "ms" in line]
    work = {tuple(line[key] for key in ("weights", "batch", "length")) for line in done}
    if len(work) > 1:
        say(f"{name}: not the same work; got weights, batch and length of {sorted(work)}")

    speeds = {label: [line["tokens_per_second"] for line in done if line["label"] == label] for label in LABELS}
    row = {"workload": name, **{label: statistics.median(of) if of else None for label, of in speeds.items()}}
    row["failed"] = sorted({line["label"] for line in lines if line["workload"] == name and "failed" in line})
    ours, theirs = row["rung bf16"], row["PyTorch compiled"]
    row["ratio"] = ours and theirs and ours / theirs
    line = next((line for line in done if line["label"] == "rung bf16"), None)
    if line:
        steps = ours / (line["tokens_per_second"] * line["ms"] / 1e3)  # a second
        row["flops_per_second"], row["bytes_per_second"] = steps * line["flops"], steps * line["bytes"]
        if "bf16_flops" in limits:
            row["share_of_products"] = row["flops_per_second"] / limits["bf16_flops"]
            row["share_of_copies"] = row["bytes_per_second"] / limits["copy_bytes_per_second"]
    return row


def print_report(limits, tests, rows, profiles):
    if "device" in limits:
        bf16, f32, copies = (limits[key] / 1e12 for key in ("bf16_flops", "f32_flops", "copy_bytes_per_second"))
        shared = limits["shared_copy_bytes_per_second"] / 1e12
        print(f"{limits['device']}: products {bf16:.0f} TFLOP/s in bf16, {f32:.1f} in f32; copies {copies:.2f} TB/s,")
        print(f"{shared:.2f} in memory that the host shares, where weights and moments are.")
    if tests:
        count = Counter(test["outcome"] for test in tests)
        names = [f"{test['name']} {test['outcome']}" for test in tests if test["outcome"] != "passed"]
        print("Tests:", ", ".join(f"{count[key]} {key}" for key in ("passed", "failed", "skipped")), end="")
        print(f" ({'; '.join(names)})." if names else ".")
        for test in tests:
            if "figures" in test:
                print(f"{test['name']}: {test['figures']}, {test['seconds']:.0f} s.")
    print("\nTokens per second. TFLOP/s and the share, of the rate of products or of copies, are rung's in bf16.\n")
    head = ["workload", "rung f32", "rung bf16", "PyTorch eager bf16", "compiled bf16", "rung / it", "TFLOP/s", "share"]
    print("|", " | ".join(head), "|")
    print("|---|" + "--:|" * (len(head) - 1))
    for row in rows:

        def cell(key, form, factor=1.0):
            value = row.get(key)
            return form.format(value * factor) if value is not None else "failed" if key in row["failed"] else "-"

        cells = [row["workload"], *(cell(key, "{:,.0f}") for key in LABELS)]
        cells += [cell("ratio", "{:.2f}"), cell("flops_per_second", "{:.3g}", 1e-12)]
        by = max(("products", "copies"), key=lambda by: row.get(f"share_of_{by}", 0))
        print("|", " | ".join([*cells, cell(f"share_of_{by}", "{:.1%} of " + by)]), "|")
    if any("looped" in row["workload"] for row in rows):
        print("\nstacked: 6 layers of width 128. looped: one of them, run 6 times.")
    if any("times" in row["workload"] for row in rows):
        print("\n5 times: as many models at the same time. Tokens are those of all.")
    if any("no branches" in row["workload"] for row in rows):
        print("\nno branches: sums over a batch one after the other, not beside the rest of their layer.")
    if any("no fused" in row["workload"] for row in rows):
        print("\nno fused GELU: it and its slope by kernels of their own, not in the epilogues of products.")
    for one in profiles:
        print(f"\n{one['calls'].rstrip()}" if "calls" in one else f"\n{one['workload']}, call by call: failed")


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--json", metavar="FILE", help="also write everything there, after each process")
    parser.add_argument("--minutes", type=float, default=9, help="for everything (default 9)")
    parser.add_argument("--seconds", type=float, default=0.7, help="measured in each process (default 0.7)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of both turns, if there is time (default 3)")
    parser.add_argument("--only", metavar="REGEX", default="", help="workloads whose name matches")
    parser.add_argument("--list", action="store_true", help="print the workloads and stop")
    parser.add_argument("--no-tests", action="store_true", help="time, and nothing else")
    parser.add_argument("--choice", choices=("first", "fastest"), default="first", help="algorithms of rung's products")
    parser.add_argument("--train-mode", metavar="MODE", default="default", help="of torch.compile, for training")
    parser.add_argument("--python", default=os.environ.get("PYTHON"), metavar="PROGRAM", help="a Python with PyTorch")
    parser.add_argument("--build", metavar="FOLDER", help="where CMake has built")
    parser.add_argument("--ctest", action="store_true", help="let ctest run the tests")
    parser.add_argument("--spent", type=float, default=0, help="seconds that building took")
    args = parser.parse_args()
    try:
        args.names = [name for name in WORKLOADS if re.search(args.only, name)]
    except re.error as error:
        parser.error(f"--only: got '{args.only}', wanted a regular expression ({error})")
    if not args.names:
        parser.error(f"--only: got '{args.only}', which no workload matches; they are: {'; '.join(WORKLOADS)}")
    if args.rounds < 1 or args.seconds <= 0 or args.minutes <= 0:
        parser.error("--rounds is at least 1, --seconds and --minutes above 0")
    if not args.list and not args.build:
        parser.error("--build: got none, wanted the folder of the build (run.sh knows it)")
    return args


def main():
    args = arguments()
    if args.list:
        return print("\n".join(args.names))
    machine = Machine(args)
    limits, tests, lines, profiles = measure_machine(machine), [], [], []

    def rows():
        return [summary(name, lines, limits) for name in args.names]

    def keep():
        if args.json:
            about = {"machine": limits, "system": platform.platform(), "processors": os.cpu_count()}
            record = {**about, "tests": tests, "rows": rows(), "processes": lines, "profiles": profiles}
            Path(args.json).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    for early in (signal.SIGTERM, signal.SIGINT):  # then it still says what it has found
        signal.signal(early, machine.stop)
    try:
        machine.find_torch()
        first, rest = ([name for name in args.names if (name in FIRST) == early] for early in (True, False))
        prepare(machine, first)
        measure(machine, first, FIRST_TURNS, lines, keep)
        profiles += [profile(machine, name, limits) for name in first if machine.left() > 5]
        keep()
        tests += check(machine, rest)
        keep()
        measure(machine, rest, TURNS, lines, keep)
        measure(machine, args.names, [LABELS] * (args.rounds - 1), lines, keep)
        if machine.left() < 5:
            say("time is up")
        for label, seconds in lost(lines).items():
            if seconds > GIVE_UP:
                say(f"{label}: given up after failures that took {seconds:.0f} s")
    finally:
        print_report(limits, tests, rows(), profiles)
        keep()
    wrong = [test for test in tests if test["outcome"] == "failed"]
    wrong += [line for line in lines if "failed" in line and line["label"].startswith("rung")]
    wrong += [one for one in profiles if "failed" in one]
    return int(bool(wrong) or "failed" in limits)


if __name__ == "__main__":
    sys.exit(main())
