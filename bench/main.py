# SPDX-License-Identifier: Apache-2.0
"""Measures tcpwhy beside other tools; writes JSON, and docs/bench.md from it."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys

import compare
import cost
import crowd
import memory
import page
import scaling
import soak
import speed

PARTS = {"cost": cost, "speed": speed, "memory": memory, "crowd": crowd, "scaling": scaling}
# How each tool says its version. Those of libbpf-tools have no version of their own.
PEERS = {
    "perf": ["perf", "--version"],
    "bpftrace": ["bpftrace", "--version"],
    "libbpf-tools": ["dpkg-query", "--show", "--showformat=${Version}", "libbpf-tools"],
    "perl": ["perl", "-e", "print $^V"],
    "stackcollapse-perf.pl": ["stackcollapse-perf.pl", "--help"],
    "flamegraph.pl": ["flamegraph.pl", "--help"],
}
DURATION = """On two CPUs with nothing else to do: cost about seventy minutes for three kernels and the other tools,
two thirds of it for the HTTP request; speed, memory and crowd five each, scaling ten."""


def version(command):
    if not shutil.which(command[0]):
        return None
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    if command[-1] == "--help":
        return "found"
    # "perf version 6.1", "bpftrace v0.17": the last word.
    return done.stdout.split()[-1] if done.returncode == 0 and done.stdout.strip() else None


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def facts(quick):
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {
        "date": now(),
        "tcpwhy": version([".build/release/tcpwhy", "--version"]),
        "kernel": platform.release(),
        "cpu": model,
        "cpus": os.cpu_count(),
        "quick": quick,
        "peers": {name: version(command) for name, command in PEERS.items()},
    }


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, epilog=DURATION)
    parser.add_argument("--quick", action="store_true", help="less of everything, no HTTP request, no more CPUs: five minutes")
    parser.add_argument("--only", choices=PARTS, action="append",
                        help="this part, may be repeated; the others stay as FILE has them")
    parser.add_argument("--kernel", action="append", help="cost: on this kernel, may be repeated (6.1, 6.12, 7.2)")
    parser.add_argument("--of", choices=cost.SUBJECTS, action="append",
                        help="cost: only of this, may be repeated; the others stay as FILE has them")
    parser.add_argument("--compare", metavar="OLD.json", type=pathlib.Path,
                        help="fail if a ratio of instructions is more than 5 %% above that in OLD.json")
    parser.add_argument("--output", metavar="FILE", type=pathlib.Path,
                        default=pathlib.Path(".build/bench/results.json"), help="(%(default)s)")
    parser.add_argument("--page", action="store_true",
                        help="write docs/bench.md also of a quick run, or if not all was measured now")
    return parser.parse_args()


def main():
    os.chdir(pathlib.Path(__file__).resolve().parent.parent)
    options = arguments()
    # Read first: it may be the file that is written.
    old = json.loads(options.compare.read_text()) if options.compare else None
    wanted = options.only or list(PARTS)
    results = facts(options.quick)
    if options.only and options.output.exists():
        results = json.loads(options.output.read_text()) | results
    measured = results.setdefault("measured", {})
    options.output.parent.mkdir(parents=True, exist_ok=True)

    def save():
        options.output.write_text(json.dumps(results, indent=1) + "\n")

    for name in wanted:
        if name == "cost":
            kernels = options.kernel or (["6.12"] if options.quick else ["6.1", "6.12", "7.2"])
            measured[name] = now()
            subjects = options.of or [subject for subject in cost.SUBJECTS
                                      if not (options.quick and subject in cost.SLOW)]
            cost.measure(options.quick, kernels, subjects, results.setdefault(name, {}), save)
        else:
            results[name] = PARTS[name].measure(options.quick)
        measured[name] = now()
        save()
    print(f"bench: {options.output}", file=sys.stderr)
    text = page.page(results)
    if options.page or (set(wanted) == set(PARTS) and not options.quick):
        soak.PAGE.write_text(text.rstrip("\n") + "\n" + soak.section(soak.PAGE.read_text()))
        picture = scaling.picture(results.get("scaling") or {})
        if picture:
            pathlib.Path("docs/bench.svg").write_text(picture)
        print("bench: docs/bench.md", file=sys.stderr)
    else:
        print(text)
    if old is None:
        return 0
    worse, compared = compare.worse(old, results)
    for line in compare.native(old, results):
        print(f"bench: {line}", file=sys.stderr)
    for line in worse:
        print(f"bench: worse: {line}", file=sys.stderr)
    print(f"bench: {compared} ratios compared, {len(worse)} worse", file=sys.stderr)
    # To have compared nothing is no success.
    return 1 if worse or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
