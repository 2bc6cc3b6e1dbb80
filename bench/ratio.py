# SPDX-License-Identifier: Apache-2.0
"""What one tool takes beside another, when both ran by turns and the machine is a noisy one."""

import statistics


def of(ours, theirs):
    """(least, median, most) of how many times as long as ours theirs took, turn by turn; None of
    fewer than two turns."""
    turns = sorted(other / own for own, other in zip(ours, theirs))
    if len(turns) < 2:
        return None
    return turns[0], statistics.median(turns), turns[-1]


def is_certain(found):
    """Whether the turns differ from each other by less than the tools do."""
    least, median, most = found
    return most - least < abs(median - 1)


def text(found):
    least, median, most = found
    return f"{median:.2f} ({least:.2f} – {most:.2f})"


def pairs(rows):
    """Of every thing that was measured of ours and of another tool: (what, who, ratio). Of several
    rows of ours the last, since the first run may be a special one."""
    for what in dict.fromkeys(row["what"] for row in rows):
        same = [row for row in rows if row["what"] == what and "values" in row]
        ours = [row for row in same if row["who"].startswith("tcpwhy")]
        for other in same:
            if not ours or other["who"].startswith("tcpwhy") or other["who"] == "nothing":
                continue
            found = of(ours[-1]["values"], other["values"]) if ours[-1]["unit"] in ("s", "ns") else None
            if found:
                yield what, other["who"], found
