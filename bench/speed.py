# SPDX-License-Identifier: Apache-2.0
"""Native speed, beside other tools in the same run."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

import native
import run

WORK = pathlib.Path(".build/bench")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def stacks(count):
    """So many different stacks, the same in every run: ways through a fixed program of 2,000 functions.

    Each function calls up to six others, some far more often, so that stacks begin alike, as real ones do.
    """
    picks = random.Random(1)
    calls = [[picks.randrange(2000) for _ in range(6)] for _ in range(2000)]
    names = [f"function_{n}" for n in range(2000)]
    found = set()
    while len(found) < count:
        function, frames = 0, []
        for _ in range(picks.randint(8, 40)):
            frames.append(names[function])
            function = calls[function][min(int(picks.expovariate(2)), 5)]
        found.add(tuple(frames))
    return sorted(found)


def perf_text(path, megabytes):
    """What perf script would print of 3,540 different stacks, over and over."""
    piece = []
    for number, frames in enumerate(stacks(3540)):
        piece.append(f"server {1000 + number % 8} {number}.{number:06d}:     250000 cpu-clock:pppH: \n")
        for level, name in enumerate(reversed(frames)):
            piece.append(f"\t    {0x55d0c0000000 + level * 4096 + number:x} {name}+0x{level + 1:x} (/usr/sbin/server)\n")
        piece.append("\n")
    piece = "".join(piece).encode()
    with path.open("wb") as out:
        while out.tell() < megabytes * 1e6:
            out.write(piece)
    return path.stat().st_size / 1e6


def repeated(times, **commands):
    """Each command so many times, by turns: what else runs here hits all alike."""
    taken = {name: [] for name in commands}
    for _ in range(times):
        for name, command in commands.items():
            taken[name].append(run.run(command))
    return taken


def row(name, unit, who, values, target=None, note=None):
    return {"what": name, "unit": unit, "who": who, "values": values, "target": target, "note": note}


def missing(name, who):
    return {"what": name, "who": who, "says": "not installed (no Debian package has it)"}


def fold(quick):
    path = WORK / "perf.txt"
    size = perf_text(path, 50 if quick else 200)
    commands = {"tcpwhy": [run.TCPWHY, "fold", str(path)], "bench/fold.pl": ["perl", "bench/fold.pl", str(path)]}
    if shutil.which("stackcollapse-perf.pl"):
        commands["stackcollapse-perf.pl"] = ["stackcollapse-perf.pl", str(path)]
    taken = repeated(2 if quick else 4, **commands)
    path.unlink()
    what = f"fold {size:.0f} MB"
    rows = []
    for who, runs in taken.items():
        note = f"{size / min(r.seconds for r in runs):.0f} MB/s, {max(r.megabytes for r in runs):.0f} MB resident"
        rows.append(row(what, "s", who, [r.seconds for r in runs], size / 250 if who == "tcpwhy" else None, note))
    if "stackcollapse-perf.pl" not in commands:
        rows.append(missing(what, "stackcollapse-perf.pl"))
    return rows


def flame(quick):
    rows = []
    for count, seconds in [(3540, 0.02), (100_000 if quick else 1_000_000, None if quick else 2)]:
        say(f"flame, {count:,} stacks")
        path = WORK / "stacks.folded"
        with path.open("w") as out:
            for number, frames in enumerate(stacks(count)):
                out.write(";".join(frames) + f" {number % 97 + 1}\n")
        commands = {"tcpwhy": [run.TCPWHY, "flame", str(path)]}
        if shutil.which("flamegraph.pl"):
            commands["flamegraph.pl"] = ["flamegraph.pl", str(path)]
        what = f"flame, {count:,} stacks"
        for who, runs in repeated(10 if count < 10_000 else 3, **commands).items():
            note = f"{min(r.cpu for r in runs) * 1e3:.0f} ms of CPU, {path.stat().st_size / 1e6:.1f} MB read"
            if count > 10_000:
                note += f", {max(r.megabytes for r in runs):.0f} MB resident"
            rows.append(row(what, "s", who, [r.seconds for r in runs], seconds if who == "tcpwhy" else None, note))
        if "flamegraph.pl" not in commands:
            rows.append(missing(what, "flamegraph.pl"))
        path.unlink()
    return rows


def load(seconds):
    return subprocess.Popen([run.TCPLOAD, "-l", "-d", str(seconds), "127.0.0.1", "7100"], stdout=subprocess.PIPE)


def forget(pid):
    """Drops from the page cache what a process has mapped: its names are read from disk then."""
    files = {line.split()[5] for line in open(f"/proc/{pid}/maps") if len(line.split()) == 6 and "/" in line}
    for name in files:
        try:
            file = os.open(name, os.O_RDONLY)
        except OSError:
            continue
        # Pages that a process has mapped stay: the parts that only a reader of symbols reads go.
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def end_to_picture(quick):
    """From the interrupt that ends a trace to the picture on disk, by turns with symbols in the cache and not."""
    seconds, taken, cpu = (4 if quick else 10), {}, {}
    for _ in range(2 if quick else 4):
        for who in ["tcpwhy, symbols cached", "tcpwhy, symbols on disk"]:
            work = load(seconds + 2)
            process, _ = run.start_tracer([run.TCPWHY, "profile", "-c", "tcpload", "-F", "999", "--svg",
                                           str(WORK / "a.svg"), "-o", "/dev/null"])
            time.sleep(seconds)
            before = run.cpu_seconds(process.pid)
            if "disk" in who:
                forget(work.pid)
            done = run.stop(process)
            taken.setdefault(who, []).append(done.seconds)
            cpu.setdefault(who, []).append(done.cpu - before)
            work.communicate()
    what = f"end of {seconds} s at 999 Hz to SVG"
    rows = [row(what, "s", who, values, 0.5 if "disk" in who else 0.1,
                f"{min(cpu[who]) * 1e3:.0f} ms of CPU, while the load goes on") for who, values in taken.items()]
    (WORK / "a.svg").unlink()
    if not shutil.which("perf"):
        return rows + [{"what": what, "who": "perf", "says": "not installed"}]
    theirs = []
    for _ in range(2 if quick else 3):
        work = load(seconds + 2)
        data = str(WORK / "perf.data")
        process = subprocess.Popen(["perf", "record", "-q", "-p", str(work.pid), "-g", "-F", "999", "-e", "cpu-clock",
                                    "-o", data], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        start = time.monotonic()
        run.stop(process)
        with subprocess.Popen(["perf", "script", "-i", data], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as script:
            subprocess.run(f"{run.TCPWHY} fold | {run.TCPWHY} flame", shell=True, stdin=script.stdout,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        theirs.append(time.monotonic() - start)
        work.communicate()
        os.unlink(data)
    return rows + [row(what, "s", "perf record, perf script, tcpwhy fold, flame", theirs)]


def sampling(quick):
    """CPU seconds that a sampler itself takes, by turns under the same load."""
    seconds, taken, connects = (5 if quick else 10), {}, {}
    commands = {
        "nothing": None,
        "tcpwhy profile": [run.TCPWHY, "profile", "-d", str(seconds)],
        "perf record -g": ["perf", "record", "-q", "-a", "-g", "-F", "99", "-e", "cpu-clock",
                           "-o", str(WORK / "perf.data"), "sleep", str(seconds)],
    }
    if not shutil.which("perf"):
        del commands["perf record -g"]
    for _ in range(2 if quick else 4):
        for who, command in commands.items():
            work = load(seconds)
            if command:
                taken.setdefault(who, []).append(run.run(command).cpu)
            done = json.loads(work.communicate()[0])
            connects.setdefault(who, []).append(done["succeeded"] / done["elapsed_ns"] * 1e9)
    what = f"CPU time of the tool itself, {seconds} s at 99 Hz"
    rows = [row(what, "s", who, values, note="with symbols and output" if "tcpwhy" in who else "without perf script")
            for who, values in taken.items()]
    rows += [row("the load's connects meanwhile", "/s", who, values) for who, values in connects.items()]
    for name in ["perf.data", "perf.data.old"]:
        (WORK / name).unlink(missing_ok=True)
    return rows


def same_count(quick):
    """Samples of a process that computes all the time, by both at once."""
    if not shutil.which("perf"):
        return []
    data = str(WORK / "perf.data")
    process, _ = run.start_tracer([run.TCPWHY, "profile", "-c", "tcpload", "-o", str(WORK / "a.folded")])
    run.run(["perf", "record", "-q", "-g", "-F", "99", "-e", "cpu-clock", "-o", data, run.TCPLOAD, "-x", "5", "127.0.0.1", "1"])
    run.stop(process)
    text = subprocess.run(["perf", "script", "-i", data, "-F", "comm", "-G"], capture_output=True, text=True).stdout
    theirs = sum(1 for line in text.splitlines() if line.strip() == "tcpload")
    ours = sum(int(line.rsplit(" ", 1)[1]) for line in (WORK / "a.folded").open())
    os.unlink(data)
    (WORK / "a.folded").unlink()
    what = "samples of 5 s of computing at 99 Hz"
    return [row(what, "", "tcpwhy profile", [ours]), row(what, "", "perf record", [theirs])]


def measure(quick):
    rows = []
    for part in [native.ring, native.table, fold, flame, end_to_picture, sampling, same_count]:
        say(part.__name__.replace("_", " "))
        try:
            rows += part(quick)
        except (RuntimeError, OSError, ValueError, KeyError) as error:
            rows.append({"what": part.__name__, "who": "tcpwhy", "says": f"failed: {error}"})
    return rows
