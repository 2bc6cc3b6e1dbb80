# SPDX-License-Identifier: Apache-2.0
"""Two results: which ratios of instructions got worse, and what became of the native ones."""

import ratio

LIMIT = 1.05


def ratios(results):
    """Of every row of ours that has one: (kernel, operation, mode) to traced / untraced."""
    found = {}
    for kernel, rows in (results.get("cost") or {}).items():
        for row in rows:
            if row.get("ratio") is not None and not row["mode"].startswith("untraced") and not row["peer"]:
                found[kernel, row["operation"], row["mode"]] = row["ratio"]
    return found


def worse(old, new):
    """Lines about what is worse by more than the limit, and how many were compared. What is gone
    from a kernel that was measured is worse, too: a mode that does not run any more costs nothing. Of a
    full run that is; a quick one leaves much out."""
    before, after = ratios(old), ratios(new)
    left_out = new.get("quick") and not old.get("quick")
    kernels = set() if left_out else {kernel for kernel, rows in (new.get("cost") or {}).items() if rows}
    lines = [f"{' '.join(key)}: {before[key]:.3f} before, not measured now"
             for key in before if key not in after and key[0] in kernels]
    both = [key for key in after if key in before]
    lines += [f"{' '.join(key)}: {before[key]:.3f} before, {after[key]:.3f} now"
              for key in both if after[key] > before[key] * LIMIT]
    return lines, len(both)


def native(old, new):
    """Lines about the ratios to other tools on this machine, which prove nothing by themselves: a
    change smaller than either's spread gets no verdict."""
    before = {(what, who): found for what, who, found in ratio.pairs(old.get("speed") or [])}
    lines = []
    for what, who, now in ratio.pairs(new.get("speed") or []):
        then = before.get((what, who))
        if not then:
            continue
        change = abs(now[1] - then[1])
        spread = max(now[2] - now[0], then[2] - then[0])
        verdict = "no verdict, the spread exceeds the difference"
        if change > spread:
            verdict = "better" if now[1] > then[1] else "slower"
        lines.append(f"{what}, {who}: {ratio.text(then)} times as long as tcpwhy before,"
                     f" {ratio.text(now)} now: {verdict}")
    return lines
