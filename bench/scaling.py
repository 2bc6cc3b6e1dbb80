# SPDX-License-Identifier: Apache-2.0
"""How the cost of a connect grows with the ports tried and with the keys traced."""

import subprocess
import sys

KERNEL = "6.12"
COLOURS = {"untraced": "#888888", "derived": "#1f77b4", "counted": "#d62728"}


def measure(quick):
    print(f"bench: scaling, kernel {KERNEL}", file=sys.stderr, flush=True)
    ports, keys = ("250 1000", "1 200") if quick else ("250 1000 4000 15000", "1 10 100 1000 4000")
    done = subprocess.run(
        ["scripts/kernel", "run", KERNEL, "--icount", "--timeout", "900", "--memory", "4096",
         "--add", ".build/release/tcpwhy", "--add", ".build/tcpload", "--add", "scripts/cost-scaling-guest",
         "--", "sh", "/bin/cost-scaling-guest", ports, keys], stdout=subprocess.PIPE, text=True)
    rows = []
    for line in done.stdout.splitlines():
        part = line.split()
        if len(part) == 5 and part[0] == "scaling" and part[4].isdigit():
            rows.append({"over": part[1], "size": int(part[2]), "mode": part[3], "instructions": int(part[4])})
    says = None if done.returncode == 0 else f"ended with {done.returncode}: {done.stdout.strip()[-200:]}"
    return {"kernel": KERNEL, "rows": rows, "says": says}


def series(results, over):
    """Of each mode its (size, instructions), by size."""
    found = {}
    for row in results.get("rows") or []:
        if row["over"] == over:
            found.setdefault(row["mode"], []).append((row["size"], row["instructions"]))
    return {mode: sorted(points) for mode, points in found.items()}


def shape(points):
    """A word for how the second grows with the first, between the ends."""
    (first, low), (last, high) = points[0], points[-1]
    if last == first:
        return "not enough sizes to tell"
    if high <= 1.1 * low:
        return f"constant ({high / low:.2f} times from {first:,} to {last:,})"
    if len(points) < 3:
        return f"{high / low:.2f} times from {first:,} to {last:,}; two sizes tell no shape"
    each = (high - low) / (last - first)
    off = max(abs(cost - low - each * (size - first)) / cost for size, cost in points)
    if off <= 0.1:
        return f"linear: {each:,.0f} instructions for one more"
    return f"neither constant nor linear ({high / low:.2f} times from {first:,} to {last:,})"


def plot(results, path):
    """A small picture of instructions by ports tried; none without figures."""
    lines = series(results, "ports")
    if not lines:
        return
    width, height, left, bottom = 560, 300, 70, 40
    most_x = max(x for points in lines.values() for x, _ in points)
    most_y = max(y for points in lines.values() for _, y in points)

    def at(x, y):
        return left + x / most_x * (width - left - 90), height - bottom - y / most_y * (height - bottom - 20)

    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<path d="M{left} 20V{height - bottom}H{width - 90}" fill="none" stroke="black"/>',
           f'<text x="{width / 2 - 40}" y="{height - 6}" text-anchor="middle">ports tried per connect</text>',
           f'<text x="{left - 6}" y="24" text-anchor="end">{most_y / 1e6:.1f} M</text>',
           f'<text x="{left - 6}" y="{height - bottom}" text-anchor="end">0</text>',
           f'<text x="{width - 90}" y="{height - bottom + 16}" text-anchor="middle">{most_x:,}</text>']
    for mode, points in lines.items():
        path_text = " ".join("%.1f,%.1f" % at(x, y) for x, y in points)
        x, y = at(*points[-1])
        # Two lines that lie on each other have their names above and below.
        drop = {"untraced": 14, "derived": -2}.get(mode, 4)
        svg.append(f'<polyline points="{path_text}" fill="none" stroke="{COLOURS[mode]}" stroke-width="2"/>')
        svg.append(f'<text x="{x + 6:.0f}" y="{y + drop:.0f}" fill="{COLOURS[mode]}">{mode}</text>')
    path.write_text("\n".join(svg) + "\n<title>instructions per connect</title>\n</svg>\n")
