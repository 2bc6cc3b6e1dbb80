# SPDX-License-Identifier: Apache-2.0
"""Small pictures of how costs grow, one beside the other, as SVG."""

import math

COLOURS = ["#888888", "#1f77b4", "#d62728", "#2ca02c"]
WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 440, 260, 60, 80, 44, 34


def short(value):
    for limit, unit in [(1e6, "M"), (1e3, "k")]:
        if value >= limit:
            return f"{value / limit:.3g} {unit}"
    return f"{value:.3g}"


def panel(title, label, lines, logarithmic):
    """Of each name's (x, y) points; y begins at 0."""
    sizes = [x for points in lines.values() for x, _ in points]
    scale = math.log10 if logarithmic else float
    low, high = (scale(min(sizes)), scale(max(sizes))) if logarithmic else (0, max(sizes))
    most = max(y for points in lines.values() for _, y in points)
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM

    def at(x, y):
        return LEFT + (scale(x) - low) / ((high - low) or 1) * (right - LEFT), floor - y / (most or 1) * (floor - TOP)

    svg = [f'<text x="{LEFT}" y="18" font-weight="bold">{title}</text>',
           f'<path d="M{LEFT} {TOP}V{floor}H{right}" fill="none" stroke="black"/>',
           f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{label}</text>',
           f'<text x="{LEFT - 6}" y="{TOP + 6}" text-anchor="end">{short(most)}</text>',
           f'<text x="{LEFT - 6}" y="{floor}" text-anchor="end">0</text>',
           f'<text x="{LEFT}" y="{floor + 16}">{min(sizes) if logarithmic else 0:,}</text>',
           f'<text x="{right}" y="{floor + 16}" text-anchor="end">{max(sizes):,}</text>']
    # Names of lines that end beside each other go under each other.
    last = None
    for (name, points), colour in sorted(zip(lines.items(), COLOURS), key=lambda one: -one[0][1][-1][1]):
        path = " ".join("%.1f,%.1f" % at(x, y) for x, y in points)
        x, y = at(*points[-1])
        y = y + 4 if last is None else max(y + 4, last + 13)
        last = y
        svg.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        svg.append(f'<text x="{x + 6:.0f}" y="{y:.0f}" fill="{colour}">{name}</text>')
    return svg


def picture(panels):
    """Two beside each other; `panels` as the arguments of panel()."""
    rows = (len(panels) + 1) // 2
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {rows * HEIGHT}"'
           ' font-family="sans-serif" font-size="12">',
           "<title>How what tcpwhy costs grows</title>", '<rect width="100%" height="100%" fill="white"/>']
    for number, one in enumerate(panels):
        svg += [f'<g transform="translate({number % 2 * WIDTH} {number // 2 * HEIGHT})">', *panel(*one), "</g>"]
    return "\n".join(svg) + "\n</svg>\n"
