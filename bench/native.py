# SPDX-License-Identifier: Apache-2.0
"""Parts of tcpwhy measured inside one process, by bench/native: CPU time and allocations."""

import json
import subprocess

BENCH = ".build/release/benchnative"
KEYS = 10_000
# What benchnative calls them: what the page does.
TABLE = {
    "snapshot": "snapshot of {:,} keys",
    "difference": "difference of two",
    "table": "table of it, 20 rows",
    "json": "JSON Lines of it",
}


def rounds(*arguments):
    """Of each (what, who) a list of rounds, in order."""
    done = subprocess.run([BENCH, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError((done.stdout + done.stderr).strip())
    found = {}
    for line in done.stdout.splitlines():
        one = json.loads(line)
        found.setdefault((one["what"], one["who"]), []).append(one)
    return found


def each(runs):
    """Nanoseconds of CPU for one."""
    return [run["cpu_ns"] / run["count"] for run in runs]


def allocations(runs):
    return max(run["allocations"] / run["count"] for run in runs)


def row(what, who, unit, values, note):
    return {"what": what, "who": who, "unit": unit, "values": values, "note": note}


def ring(quick):
    rows = []
    for (_, who), runs in rounds("ring", 5 if quick else 20).items():
        values = each(runs)
        note = f"{1e3 / min(values):.1f} million events/s, {allocations(runs):.2f} allocations per event"
        rows.append(row("ring buffer to decoded event, CPU each", who, "ns", values, note))
    rows[0]["target_ratio"] = 0.95
    for (_, who), runs in rounds("events", 3 if quick else 10).items():
        values = each(runs)
        note = f"{1e9 / min(values):,.0f} lines/s, {allocations(runs):.2f} allocations per event"
        rows.append(row("ring buffer to JSON line, CPU each", who, "ns", values, note))
    return rows


def table(quick):
    rows = []
    # The first round has no snapshot before it.
    found = rounds("table", KEYS, 4 if quick else 8)
    for (what, who), runs in found.items():
        runs = runs[1:]
        values = [run["cpu_ns"] / 1e9 for run in runs]
        note = f"{allocations(runs):.1f} allocations per key"
        if what == "json":
            note += f", {KEYS / min(values):,.0f} lines/s"
        rows.append(row(TABLE[what].format(KEYS), who, "s", values, note))
    return rows
