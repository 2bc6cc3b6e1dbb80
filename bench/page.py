# SPDX-License-Identifier: Apache-2.0
"""The page that docs/bench.md is, made of the results alone."""

import scaling

METHOD = {
    "cost": """## Cost

Guest instructions per operation in QEMU with `-icount shift=0,sleep=off` and one CPU: the guest's clock counts
instructions, so the figures do not depend on the machine. A cell is the ratio to untraced, in
brackets what is added. *Floor*: empty programs at the same hooks. Each includes what the tracer does in user space meanwhile.
The peers are one-liners and tools for the same question: `funclatency` and `bpftrace` time the search
(`__inet_hash_connect`) or look at each port tried (`__inet_check_established`, which
the kernel does not call for a port that nobody holds). Of 2,000 ports, two runs differ by up to 2 %.
A request is one of `scripts/lab`: wrk, nginx and php-fpm together; *untraced-again* says how much the
lab itself wanders.
""",
    "speed": """## Speed

Native, by turns in one run: the best, and the range from the best to the worst. The verdict compares the
medians of tcpwhy and of the first other tool; where one's range reaches into the other's, or with one run,
there is none.
""",
    "memory": """## Memory and start

`attached`: from start to the line that says it traces, the best and the worst. `HWM`: the most that was
resident, `RSS`: what is after the idle time. `CPU`: of one core, with a 1 s interval, while next to nothing
is traced.
""",
    "scaling": """## Scaling

Instructions per connect, as above; a key is a process and a destination.
""",
}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows] + [""]


def head(results):
    peers = ", ".join(f"{name} {found or '(not installed)'}" for name, found in results["peers"].items())
    return [
        "# What tcpwhy costs", "",
        "Written by `make bench`; do not edit. `make bench QUICK=1` measures less in under five minutes,",
        "`scripts/bench --compare OLD.json` fails where a ratio of instructions grew by more than 5 %.", "",
        f"{results['date']}, tcpwhy {results['tcpwhy']}; native: kernel {results['kernel']}, {results['cpus']} CPUs,"
        f" {results['cpu']}. Other tools: {peers}." + (" A quick run." if results["quick"] else ""), "",
    ]


def cost_cell(row):
    if row is None:
        return "–"
    if "says" in row:
        return row["says"]
    if row["mode"] == "untraced":
        return f"1.00 ({row['instructions']:,})"
    if row["ratio"] is None:
        return f"{row['instructions']:,}"
    untraced = round(row["instructions"] / row["ratio"])
    return f"{row['ratio']:.2f} ({row['instructions'] - untraced:+,})"


def cost(results):
    lines = []
    operations = list(dict.fromkeys(row["operation"] for rows in results.values() for row in rows))
    for operation in operations:
        found = {(kernel, row["mode"]): row for kernel, rows in results.items() for row in rows
                 if row["operation"] == operation}
        modes = list(dict.fromkeys(mode for _, mode in found))
        lines += [f"### {operation}", ""]
        lines += table(["", *results], [[mode] + [cost_cell(found.get((kernel, mode))) for kernel in results]
                                        for mode in modes])
    return lines


def amount(value, unit):
    if unit == "s":
        return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"
    return f"{value:,.0f}{unit}"


def verdict(rows):
    """Of rows of the same thing, ours first; a larger figure is better for those by the second."""
    rows = [row for row in rows if "says" not in row]
    ours = [row for row in rows if row["who"].startswith("tcpwhy")]
    theirs = [row for row in rows if not row["who"].startswith("tcpwhy") and row["who"] != "nothing"]
    if not ours or not theirs or ours[0]["unit"] != "s":
        return None
    ours, theirs = ours[-1], theirs[0]
    if min(ours["runs"], theirs["runs"]) < 2:
        return None
    if ours["best"] <= theirs["worst"] and theirs["best"] <= ours["worst"]:
        return "no verdict: the spread exceeds the difference"
    return f"{theirs['who']} takes {theirs['median'] / ours['median']:.1f} times as long as tcpwhy"


def speed(rows):
    cells, notes = [], []
    for what in dict.fromkeys(row["what"] for row in rows):
        same = [row for row in rows if row["what"] == what]
        for row in same:
            if "says" in row:
                cells.append([what, row["who"], row["says"], "", "", ""])
                continue
            unit = row["unit"]
            target = f"≤ {amount(row['target'], unit)}" if row["target"] else ""
            best = row["worst"] if unit == "/s" else row["best"]
            cells.append([what, row["who"], amount(best, unit),
                          f"{amount(row['best'], unit)} – {amount(row['worst'], unit)}", target, row["note"] or ""])
        found = verdict(same)
        if found:
            notes.append(f"- {what}: {found}.")
    return table(["", "by", "best", "range", "target", ""], cells) + notes + [""]


def memory(results):
    cells = []
    for row in results["commands"]:
        if "says" in row:
            cells.append([row["command"], row["says"], "", "", "", ""])
            continue
        attached = row.get("attached")
        target = ", ".join(([f"≤ {row['target_mb']} MB"] if row.get("target_mb") else [])
                           + ([f"≤ {row['target_attached']} s"] if row.get("target_attached") else []))
        cells.append([row["command"], f"{attached[0]:.2f} – {attached[2]:.2f} s" if attached else "–",
                      f"{row['hwm']:.1f} MB", f"{row['rss']:.1f} MB" if "rss" in row else "–",
                      f"{row['cpu_percent']:.2f} %" if "cpu_percent" in row else "–", target])
    return table(["command", "attached", "HWM", "RSS", "CPU", "target"], cells) + [
        f"The stripped executable: {results['executable_mb']:.1f} MB (target ≤ {results['executable_target_mb']}).", ""]


def scale(results):
    lines = [f"Kernel {results['kernel']}."]
    if results.get("says"):
        lines += ["", f"Not all was measured: {results['says']}"]
    for over, text in [("keys", "keys traced"), ("ports", "ports tried")]:
        found = scaling.series(results, over)
        sizes = sorted({size for points in found.values() for size, _ in points})
        lines += [""] + table([text] + [f"{size:,}" for size in sizes],
                              [[mode] + [f"{dict(points).get(size, 0):,}" for size in sizes]
                               for mode, points in found.items()])
        lines += [f"- {mode}, by {text}: {scaling.shape(points)}" for mode, points in found.items()]
    if scaling.series(results, "ports"):
        lines += ["", "![Instructions per connect by ports tried](bench.svg)"]
    return lines + [""]


def page(results):
    lines = head(results)
    for name, write in [("cost", cost), ("speed", speed), ("memory", memory), ("scaling", scale)]:
        if results.get(name):
            lines += METHOD[name].splitlines() + [f"Measured {results['measured'][name]}.", ""]
            lines += write(results[name])
    return "\n".join(lines).rstrip() + "\n"
