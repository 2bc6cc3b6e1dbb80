# SPDX-License-Identifier: Apache-2.0
"""The page that docs/bench.md is, made of the results alone."""

import ratio
import scaling

METHOD = {
    "cost": """## Cost

Guest instructions per operation in QEMU with `-icount shift=0,sleep=off` and one CPU: the guest's clock counts
instructions, so the figures do not depend on the machine. A cell is the ratio to untraced, in
brackets what is added. *Floor*: empty programs at the same hooks, those of *floor-counted* at every port that is looked at, too.
*Least*: at those of a SYN, programs that read two counters before and after and add what they grew by to the
socket's row, and no more: neither cause, peer, time nor filter. Each includes what the tracer does in user space meanwhile.
The peers are one-liners and tools for the same question: `funclatency` and `bpftrace` time the search
(`__inet_hash_connect`) or look at each port tried (`__inet_check_established`, which
the kernel does not call for a port that nobody holds). Of 2,000 ports, two runs differ by up to 2 %.
A request is one of `scripts/lab`: wrk, nginx and php-fpm together; *untraced-again* says how much the
lab itself wanders. Other tools have a guest of their own there, and the ratio to what is untraced in it.
""",
    "speed": """## Speed

Native, by turns in one run: the best, and the range from the least to the most. What is compared is turn by
turn: the median and, in brackets, the range of the ratios; where that range is wider than the ratio is away
from 1, there is no verdict. CPU time is the thread's own. The reader in C (`bench/consumer`) is a libbpf
callback that makes the same event of the same ring buffer; allocations are all calls of malloc and its kin.
Both decode the same fields (process, name without what follows its zero, namespace, addresses, ports, outcome,
times, flags, and which of them are known) and add every one to a sum, which must be the same; either compiler
may merge the two. tcpwhy's reads the ring's pages in its own loop, libbpf's calls the callback for each record.
""",
    "memory": """## Memory and start

`attached`: from start to the line that says it traces, the best and the worst. `HWM`: the most that was
resident, `RSS`: what is after the idle time. `CPU`: of one core, with a 1 s interval, while next to nothing
is traced; `user`: of it the program's own code, by as many samples, the rest being the kernel's for it.
""",
    "crowd": """## On a crowded machine

CPU of one core with the defaults (`diagnose` while it watches), and the most that was resident: beside 300
network namespaces, in each of which something listens and connects once a second, and beside one with
200,000 sockets, half of them in TIME_WAIT. Looks have a budget of 2 %, `--look-budget`; the rest is what all
else takes.
""",
    "scaling": """## Scaling

How the cost of a connect grows, and what tcpwhy takes for an event. Instructions are counted as above.
""",
}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows] + [""]


def head(results):
    peers = ", ".join(f"{name} {found or '(not installed)'}" for name, found in results["peers"].items())
    return [
        "# What tcpwhy costs", "",
        "Written by `make bench`; do not edit. `make bench QUICK=1` measures less in five minutes,",
        "`scripts/bench --compare OLD.json` fails where a ratio of instructions grew by more than 5 %.", "",
        f"{results['date']}, tcpwhy {results['tcpwhy']}; native: kernel {results['kernel']}, {results['cpus']} CPUs,"
        f" {results['cpu']}. Other tools: {peers}." + (" A quick run." if results["quick"] else ""), "",
    ]


def cost_cell(row):
    if row is None:
        return "–"
    if "says" in row:
        return row["says"].replace("|", "\\|")
    if row["mode"] == "untraced":
        return f"1.00 ({row['instructions']:,})"
    if row["ratio"] is None:
        return f"{row['instructions']:,}"
    untraced = round(row["instructions"] / row["ratio"])
    return f"{row['ratio']:.2f} ({row['instructions'] - untraced:+,})"


def cost(results):
    lines = []
    results = dict(sorted(results.items(), key=lambda kernel: [int(part) for part in kernel[0].split(".")]))
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
    if unit == "ns":
        return f"{value:,.0f} ns"
    return f"{value:,.0f}{unit}"


def speed(rows):
    cells = []
    for row in rows:
        if "says" in row:
            cells.append([row["what"], row["who"], row["says"], "", "", ""])
            continue
        unit, low, high = row["unit"], min(row["values"]), max(row["values"])
        # A larger figure is the better one of a rate.
        best = high if unit == "/s" else low
        target = f"≤ {amount(row['target'], unit)}" if row.get("target") else ""
        cells.append([row["what"], row["who"], amount(best, unit),
                      f"{amount(low, unit)} – {amount(high, unit)}", target, row["note"] or ""])
    return table(["", "by", "best", "range", "target", ""], cells) + verdicts(rows) + [""]


def verdicts(rows):
    """A line for each other tool that did the same."""
    targets = {row["what"]: row["target_ratio"] for row in rows if "target_ratio" in row}
    lines = []
    for what, who, found in ratio.pairs(rows):
        says = "" if ratio.is_certain(found) else "; no verdict, the spread exceeds the difference"
        wanted = f", target ≥ {targets[what]}" if what in targets else ""
        lines.append(f"- {what}: {who} takes {ratio.text(found)} times as long as tcpwhy{wanted}{says}.")
    return lines


def memory(results):
    cells = []
    for row in results["commands"]:
        if "says" in row:
            cells.append([row["command"], row["says"], "", "", "", "", ""])
            continue
        attached = row.get("attached")
        target = ", ".join(([f"≤ {row['target_mb']} MB"] if row.get("target_mb") else [])
                           + ([f"≤ {row['target_attached']} s"] if row.get("target_attached") else [])
                           + ([f"user ≤ {row['target_user']} %"] if row.get("target_user") else []))
        user = f"{row['user_percent']:.2f} % ({row['user_samples']})" if row.get("user_samples") else "–"
        cells.append([row["command"], f"{attached[0]:.2f} – {attached[2]:.2f} s" if attached else "–",
                      f"{row['hwm']:.1f} MB", f"{row['rss']:.1f} MB" if "rss" in row else "–",
                      f"{row['cpu_percent']:.2f} %" if "cpu_percent" in row else "–", user, target])
    return table(["command", "attached", "HWM", "RSS", "CPU", "user", "target"], cells) + [
        f"The stripped executable: {results['executable_mb']:.1f} MB (target ≤ {results['executable_target_mb']}).", ""]


def crowd(rows):
    return table(["beside", "command", "CPU", "HWM", "target"],
                 [[row["beside"], row["command"], f"{row['cpu_percent']:.1f} %", f"{row['hwm']:.1f} MB",
                   f"≤ {row['cpu_target']:g} %, ≤ {row['mb_target']:g} MB"] for row in rows])


def scale(results):
    lines = ["![How costs grow](bench.svg)", "", f"Guests run kernel {results['kernel']}."]
    lines += ["", "Not all was measured: " + "; ".join(results["says"])] if results["says"] else []
    for over, (text, unit, _, remark) in scaling.OVER.items():
        found = scaling.series(results, over)
        if not found:
            continue
        sizes = sorted({size for points in found.values() for size, _ in points})
        lines += ["", f"### By {text}", "", f"{unit[0].upper()}{unit[1:]}. {remark}".strip(), ""]
        lines += table([text] + [f"{size:,}" for size in sizes],
                       [[mode] + [scale_cell(dict(points).get(size)) for size in sizes]
                        for mode, points in found.items()])
        lines += [f"- {mode}: {scaling.shape(points)}" for mode, points in found.items()]
    return lines + [""]


def scale_cell(value):
    return "–" if value is None else f"{value:,}"


def page(results):
    lines = head(results)
    for name, write in [("cost", cost), ("speed", speed), ("memory", memory), ("crowd", crowd), ("scaling", scale)]:
        if results.get(name):
            lines += METHOD[name].splitlines() + [f"Measured {results['measured'][name]}.", ""]
            lines += write(results[name])
    return "\n".join(lines).rstrip() + "\n"
