# SPDX-License-Identifier: Apache-2.0
"""How the cost of a connect grows: with the ports tried, the keys traced, the CPUs; and how what
tcpwhy itself takes grows with the events per second."""

import json
import subprocess
import sys
import time

import plot
import run

KERNEL = "6.12"
# Over what: its heading, the unit, whether sizes span many powers of ten, a remark.
OVER = {
    "keys": ("keys traced", "instructions per connect", True,
             "A refused connect; the table holds 16,384 keys, all others share one."),
    "ports": ("ports tried per connect", "instructions per connect", False, ""),
    "cpus": ("CPUs", "instructions per connect", False,
             "A thread per CPU. An emulator's CPUs take turns: what they cost each other in caches does not show."),
    "events": ("events per second", "nanoseconds of tcpwhy's CPU per event", True,
               "`tcpwhy ports --events --json`, native. At few events what it does every second counts most."),
}


def guest(*arguments):
    """A guest's lines, in words, and what went wrong."""
    done = subprocess.run(["scripts/kernel", "run", KERNEL, "--timeout", "1800", "--add", run.TCPWHY,
                           "--add", run.TCPLOAD, *arguments], stdout=subprocess.PIPE, text=True)
    says = [] if done.returncode == 0 else [f"ended with {done.returncode}: {done.stdout.strip()[-200:]}"]
    return [line.split() for line in done.stdout.splitlines()], says


def rows_of(lines):
    return [{"over": part[1], "size": int(part[2]), "mode": part[3], "value": int(part[4])}
            for part in lines if len(part) == 5 and part[0] == "scaling" and part[4].isdigit()]


def connects(quick):
    """Over keys and ports, in instructions."""
    ports, keys = ("1 250 1000", "1 100 1000") if quick else ("1 250 1000 4000 15000 30000", "1 10 100 1000 10000 100000")
    lines, says = guest("--icount", "--memory", "4096", "--add", ".build/bench/keys", "--add", "scripts/cost-scaling-guest",
                        "--", "sh", "/bin/cost-scaling-guest", ports, keys)
    return rows_of(lines), says


def cpus():
    rows, says = [], []
    for count in [1, 2, 4]:
        lines, failed = guest("--icount", "--cpus", str(count), "--add", "scripts/cost-cpus-guest",
                              "--", "sh", "/bin/cost-cpus-guest")
        rows += rows_of(lines)
        says += failed
    return rows, says


def events(quick):
    rows = []
    for rate in [100, 1000] if quick else [100, 1000, 10_000, 30_000]:
        process, _ = run.start_tracer([run.TCPWHY, "ports", "--events", "--json", "-c", "tcpload"])
        time.sleep(1)
        start, before, done, seconds = time.monotonic(), run.cpu_nanoseconds(process.pid), 0, 3 if quick else 6
        for burst in range(10 * seconds):
            load = subprocess.run([run.TCPLOAD, "-a", "-n", str(rate // 10), "127.0.0.1", "7100"], stdout=subprocess.PIPE)
            done += json.loads(load.stdout)["connects"]
            time.sleep(max(0, start + (burst + 1) / 10 - time.monotonic()))
        taken, used = time.monotonic() - start, run.cpu_nanoseconds(process.pid) - before
        run.stop(process)
        rows.append({"over": "events", "size": round(done / taken), "mode": "tcpwhy", "value": round(used / done)})
    return rows, []


def measure(quick):
    rows, says = [], []
    for part, arguments in [(connects, [quick]), (events, [quick])] + ([] if quick else [(cpus, [])]):
        print(f"bench: scaling of {part.__name__}", file=sys.stderr, flush=True)
        try:
            found, failed = part(*arguments)
        except (RuntimeError, OSError, ValueError, KeyError) as error:
            found, failed = [], [f"{part.__name__}: {error}"]
        rows += found
        says += failed
    return {"kernel": KERNEL, "rows": rows, "says": says}


def series(results, over):
    """Of each mode its (size, value), by size."""
    found = {}
    for row in results.get("rows") or []:
        if row["over"] == over:
            found.setdefault(row["mode"], []).append((row["size"], row["value"]))
    return {mode: sorted(points) for mode, points in found.items()}


def shape(points):
    """A word for how the second grows with the first, between the ends."""
    (first, low), (last, high) = points[0], points[-1]
    if last == first:
        return "not enough sizes to tell"
    least, most = min(cost for _, cost in points), max(cost for _, cost in points)
    if most <= 1.15 * least:
        return f"constant (within {most / least - 1:.0%} from {first:,} to {last:,})"
    if len(points) < 3:
        return f"{high / low:.2f} times from {first:,} to {last:,}; two sizes tell no shape"
    each = (high - low) / (last - first)
    off = max(abs(cost - low - each * (size - first)) / cost for size, cost in points)
    if each > 0 and off <= 0.15:
        return f"linear: {each:,.0f} for one more"
    if all(later[1] <= earlier[1] for earlier, later in zip(points, points[1:])):
        return f"falls ({high / low:.2f} times from {first:,} to {last:,})"
    return f"neither constant nor linear ({high / low:.2f} times from {first:,} to {last:,})"


def picture(results):
    """All of it as SVG; None without figures."""
    panels = [(title, unit, lines, logarithmic) for over, (unit, title, logarithmic, _) in OVER.items()
              if (lines := series(results, over))]
    return plot.picture(panels) if panels else None
