#!/usr/bin/env python3
"""Runs rung and PyTorch in turns on the same workloads and prints one table. peers/run.sh sets up what this needs.

Every process waits until the machine is quiet, warms up, and measures for a few seconds; one during which other
programs were at work is run again. What counts is the median over processes; ratios are of figures of this run alone.
"""

import argparse
import glob
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKLOADS = {
    "train gpt micro, T 32": "--mode train --style gpt --model micro --length 32 --batch 256",
    "train gpt mini, T 32": "--mode train --style gpt --model mini --length 32 --batch 256",
    "train gpt tiny, T 64": "--mode train --style gpt --model tiny --length 64 --batch 128",
    "train gpt tiny, T 256": "--mode train --style gpt --model tiny --length 256 --batch 32",
    "train gpt small, T 64": "--mode train --style gpt --model small --length 64 --batch 128",
    "train llama tiny, T 64": "--mode train --style llama --model tiny --length 64 --batch 128",
    "train llama small, T 64": "--mode train --style llama --model small --length 64 --batch 128",
    "decode gpt micro": "--mode decode --style gpt --model micro --batch 256",
    "decode gpt mini": "--mode decode --style gpt --model mini --batch 256",
    "decode gpt tiny": "--mode decode --style gpt --model tiny --batch 256",
    "decode gpt small": "--mode decode --style gpt --model small --batch 256",
}
# Memory that PyTorch frees stays in the process; otherwise every step takes its pages from the system anew.
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}
PATIENCE = 60  # seconds that a process may take, and that one waits for a quiet machine
ONE = "one thread of rung"
QUIET = 0.05  # share of a processor that other programs may take


def say(*words):
    print("peers:", *words, file=sys.stderr, flush=True)


class Peer:
    """A library and the way it is run. `precision` is what its figure is compared as."""

    def __init__(self, label, precision, threads, command, environment):
        self.label, self.precision = label, precision
        self.command = [*command, "--label", label, "--precision", precision, "--threads", str(threads)]
        self.environment = {**os.environ, **environment}


def torch_peers(args, mode):
    """PyTorch as it comes, with every library for products there is, compiled if it can be, and in bf16."""
    script = [args.python, str(HERE / "torch_peer.py")]
    has = args.features
    threads = {"OMP_NUM_THREADS": str(args.threads)}
    tuned = [*script, "--foreach", *(["--sdpa"] if "sdpa" in has else [])]
    found = {name: glob.glob(f"/usr/lib/*/{name}-openmp/libblas.so.3") for name in ("openblas", "blis")}
    libraries = {name: {"LD_LIBRARY_PATH": os.path.dirname(paths[0])} for name, paths in found.items() if paths}
    if "libblas" not in has or not libraries:
        libraries = {"tuned": {}}
    best = {**threads, **KEEP_MEMORY, **next(iter(libraries.values()))}
    peers = [Peer(name, "f32", args.threads, tuned, {**threads, **KEEP_MEMORY, **where}) for name, where in libraries.items()]
    if "compile" in has and mode == "train":
        peers.append(Peer("compiled", "f32", args.threads, [*tuned, "--compile"], best))
    peers.append(Peer("as installed", "f32", args.threads, script, threads))
    peers.append(Peer("bf16", "bf16", args.threads, tuned, best))
    return peers


def busy():
    """Seconds that the processors have worked since the machine started, together; 0 where nobody counts them."""
    try:
        with open("/proc/stat", encoding="utf-8") as stat:
            user, nice, system, _, _, *interrupts = map(int, stat.readline().split()[1:9])
    except OSError:
        return 0.0
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def own():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def wait_until_quiet():
    for _ in range(2 * PATIENCE):
        before = busy()
        time.sleep(0.5)
        if busy() - before < QUIET:  # in half a second: its clock is too coarse to ask for less
            return
    say(f"the machine has been busy for {PATIENCE} s; going on all the same")


def run_once(peer, flags, args):
    """The line a process printed, with `others`: the share of a processor that other programs took meanwhile."""
    wait_until_quiet()
    command = [*peer.command, *flags.split(), "--seconds", str(args.seconds)]
    start, before = time.monotonic(), busy() - own()
    try:
        done = subprocess.run(
            command, env=peer.environment, stdout=subprocess.PIPE, timeout=PATIENCE, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        return {"label": peer.label, "precision": peer.precision, "timed_out": PATIENCE}
    if done.returncode != 0:
        sys.exit(f"peers: exit code {done.returncode} from: {' '.join(command)}")
    others = (busy() - own() - before) / (time.monotonic() - start)
    return {**json.loads(done.stdout), "others": max(0.0, others)}


def run(peer, flags, args):
    """The least disturbed of up to three tries."""
    tries = []
    while len(tries) < 3:
        tries.append(run_once(peer, flags, args))
        if tries[-1].get("others", 0) < QUIET:
            break
        say(f"other programs took {tries[-1]['others']:.0%} of a processor during {peer.label}")
    return min(tries, key=lambda line: line.get("others", 0))


def measure(name, args):
    """All lines of one workload: every peer in turn, round after round."""
    flags = WORKLOADS[name]
    mode = flags.split()[1]
    ours = [Peer("rung", "f32", args.threads, [args.rung], {}), Peer("rung bf16", "bf16", args.threads, [args.rung], {})]
    if args.threads > 1:
        ours.append(Peer(ONE, "f32", 1, [args.rung], {}))
    peers = [*ours, *torch_peers(args, mode)]
    lines, slow = [], set()
    for turn in range(args.rounds):
        for peer in peers:
            if peer.label in slow:
                continue
            line = run(peer, flags, args)
            speed = f"{line['tokens_per_second']:,.0f} tokens/s" if "ms" in line else f"not done in {PATIENCE} s"
            say(f"{name}, round {turn + 1}: {peer.label}: {speed}")
            lines.append({"workload": name, **line})
            # bf16 without the instructions for it takes minutes: once is enough to say so.
            if peer.precision == "bf16" and line.get("steps", 0) <= 1:
                slow.add(peer.label)
    work = {tuple(line[key] for key in ("weights", "batch", "length")) for line in lines if "weights" in line}
    if len(work) > 1:
        sys.exit(f"peers: {name}: not the same work; got weights, batch and length of {sorted(work)}")
    return lines


def summary(name, lines):
    """A row of the table: medians over undisturbed processes, and rung as a multiple of the best PyTorch."""
    figures = []
    for label in dict.fromkeys(line["label"] for line in lines):
        done = [line for line in lines if line["label"] == label and "ms" in line]
        quiet = [line for line in done if line["others"] < QUIET]
        if done:
            speed = statistics.median(line["tokens_per_second"] for line in quiet or done)
            figure = {"label": label, "precision": done[0]["precision"], "speed": speed, "quiet": bool(quiet)}
            if done[0].get("peak"):  # of the processors, measured by every process just after it ran
                rates = [line["flops"] / line["ms"] * 1e3 / line["peak"] for line in quiet or done]
                figure["share_of_peak"] = statistics.median(rates)
            figures.append(figure)

    def best(precision, labels):
        found = [f for f in figures if f["precision"] == precision and labels(f["label"])]
        return max(found, key=lambda figure: figure["speed"], default=None)

    def ours(label):
        return label.startswith("rung")

    def theirs(label):
        return label != ONE and not ours(label)

    rung, torch, one = best("f32", ours), best("f32", theirs), best("f32", lambda label: label == ONE)
    rung_bf16, torch_bf16 = best("bf16", ours), best("bf16", theirs)
    return {
        "workload": name,
        "rung": rung and rung["speed"],
        "share_of_peak": rung and rung.get("share_of_peak"),
        "of_one_thread": rung and one and rung["speed"] / one["speed"],
        "torch_f32": torch and torch["speed"],
        "torch_f32_configuration": torch and torch["label"],
        "ratio_f32": rung and torch and rung["speed"] / torch["speed"],
        "rung_bf16": rung_bf16 and rung_bf16["speed"],
        "torch_bf16": torch_bf16 and torch_bf16["speed"],
        "ratio_bf16": rung_bf16 and torch_bf16 and rung_bf16["speed"] / torch_bf16["speed"],
        "disturbed": not all(f["quiet"] for f in (rung, one, torch, rung_bf16, torch_bf16) if f),
        "figures": figures,
    }


def print_table(rows):
    def cell(value, form):
        return "-" if value is None else form.format(value)

    print(
        "| workload | rung, tokens/s | of the peak | of one thread | best PyTorch f32 | with | rung / it "
        "| rung bf16 | PyTorch bf16 | rung / it |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        cells = [row["workload"] + (" *" if row["disturbed"] else ""), cell(row["rung"], "{:,.0f}")]
        cells += [cell(row["share_of_peak"], "{:.0%}"), cell(row["of_one_thread"], "{:.2f}")]
        cells += [cell(row["torch_f32"], "{:,.0f}"), cell(row["torch_f32_configuration"], "{}")]
        cells += [cell(row["ratio_f32"], "{:.2f}"), cell(row["rung_bf16"], "{:,.0f}")]
        cells += [cell(row["torch_bf16"], "{:,.0f}")]
        print("|", " | ".join([*cells, cell(row["ratio_bf16"], "{:.2f}")]), "|")
    if any(row["disturbed"] for row in rows):
        print("\n\\* other programs took more than 5 % of a processor in every process of some figure: run it again")


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            return next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--json", metavar="FILE", help="also write everything there")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each kind (default 3)")
    parser.add_argument("--only", metavar="REGEX", default="", help="workloads whose name matches")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3, help="measured in each process (default 3)")
    parser.add_argument("--list", action="store_true", help="print the workloads and stop")
    parser.add_argument("--rung", metavar="PROGRAM", help="rung_peer, as built")
    parser.add_argument("--python", default=sys.executable, metavar="PROGRAM", help="a Python that has PyTorch")
    args = parser.parse_args()
    try:
        args.names = [name for name in WORKLOADS if re.search(args.only, name)]
    except re.error as error:
        parser.error(f"--only: got '{args.only}', wanted a regular expression ({error})")
    if not args.names:
        parser.error(f"--only: got '{args.only}', which no workload matches; they are: {'; '.join(WORKLOADS)}")
    if args.rounds < 1 or args.threads < 1 or args.seconds <= 0:
        parser.error("--rounds and --threads are at least 1, --seconds above 0")
    if not args.list and not args.rung:
        parser.error("--rung: got none, wanted the path of rung_peer (peers/run.sh builds it)")
    return args


def main():
    args = arguments()
    if args.list:
        return print("\n".join(args.names))
    if args.json:  # found out now, not after the measurements
        try:
            Path(args.json).touch()
        except OSError as error:
            sys.exit(f"peers: --json: got '{args.json}', wanted a file that can be written ({error.strerror})")
    if not os.access(args.rung, os.X_OK):
        sys.exit(f"peers: --rung: got '{args.rung}', wanted a program (peers/run.sh builds it)")
    features = [args.python, str(HERE / "torch_peer.py"), "--features"]
    asked = subprocess.run(features, stdout=subprocess.PIPE, check=False, text=True)
    if asked.returncode != 0:
        sys.exit(f"peers: --python: got '{args.python}', wanted a Python that has PyTorch")
    args.features = asked.stdout.split()
    rows, lines = [], []
    for name in args.names:
        lines += measure(name, args)
        rows.append(summary(name, [line for line in lines if line["workload"] == name]))
    print_table(rows)
    if args.json:
        machine = {"processor": processor(), "processors": os.cpu_count(), "system": platform.platform()}
        about = {"machine": machine, "threads": args.threads, "rounds": args.rounds}
        Path(args.json).write_text(json.dumps({**about, "rows": rows, "processes": lines}, indent=1) + "\n")
        say(f"wrote {args.json}")
    return None


if __name__ == "__main__":
    main()
