# SPDX-License-Identifier: Apache-2.0
"""Two results: which ratios of instructions got worse."""

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
    """Lines about what is worse by more than the limit, and how many were compared."""
    before, after = ratios(old), ratios(new)
    both = [key for key in after if key in before]
    lines = [
        f"{' '.join(key)}: {before[key]:.3f} before, {after[key]:.3f} now"
        for key in both
        if after[key] > before[key] * LIMIT
    ]
    return lines, len(both)
