# SPDX-License-Identifier: Apache-2.0
"""Guest instructions per operation, by scripts/cost: the same on every machine."""

import concurrent.futures
import os
import subprocess
import sys

SUBJECTS = ["ports", "drops", "http", "http-peers"]
# What takes longer to measure than all else together.
SLOW = ("http", "http-peers")
OPERATIONS = {"1": "connect, 1 port tried", "2000": "connect, 2,000 ports tried",
              "default": "connect, 2,000 ports tried, as run by default: a report a second, some 8,000 sockets open",
              "http": "one HTTP request"}
# By the beginning of a mode's name: not ours, so that its getting worse is no regression.
PEERS = ("funclatency", "tcpconnlat", "tcpsynbl", "tcpdrop", "bpftrace", "perf")
# Why a peer has no figure, where it does not say so itself.
ABSENT = {"missing": "not in Debian's packages, or not installed", "refused": "does not run on this kernel"}


def is_number(text):
    return text.lstrip("+-").replace(".", "", 1).isdigit()


def rows(text):
    """The table lines of scripts/cost as rows; a peer may say why it has no figure."""
    found, untraced = [], {}
    for line in text.splitlines():
        part = line.split(maxsplit=3)
        if len(part) != 4 or not (part[2].isdigit() and is_number(part[3]) or part[2] in ABSENT):
            continue
        operation = OPERATIONS.get(part[0], part[0])
        if not part[2].isdigit():
            why = part[3] if part[3] != "-" else ABSENT[part[2]]
            found.append({"operation": operation, "mode": part[1], "says": f"{part[2]}: {why}"})
            continue
        count = int(part[2])
        if part[1] == "untraced":
            untraced[operation] = count
        ratio = round(count / untraced[operation], 4) if operation in untraced else None
        found.append({"operation": operation, "mode": part[1], "instructions": count, "ratio": ratio,
                      "peer": part[1].startswith(PEERS)})
    return found


def table(kernel, subject, quick):
    """The rows of one run of scripts/cost."""
    print(f"bench: cost of {subject}, kernel {kernel}", file=sys.stderr, flush=True)
    done = subprocess.run(["scripts/cost", "--kernel", kernel, "--of", subject, "--quick" if quick else "--peers"],
                          stdout=subprocess.PIPE, text=True)
    found = rows(done.stdout)
    if subject == "http-peers": # they go by what is untraced in their own guest
        found = [row for row in found if row["mode"] != "untraced"]
    if done.returncode != 0 or not found:
        found.append({"operation": subject, "mode": "all", "says": f"failed ({done.returncode})"})
    print(f"bench: cost of {subject}, kernel {kernel}: {len(found)} rows", file=sys.stderr, flush=True)
    return found


def measure(quick, kernels, subjects, results, save):
    """Into `results`, other kernels' and subjects' rows kept; `save` runs after each table, since they take minutes."""
    # A guest keeps one CPU busy, and what it counts does not depend on how long it takes.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # A request takes longest: begun first, it is not waited for at the end.
        jobs = {pool.submit(table, kernel, subject, quick): (kernel, subject)
                for subject in reversed(subjects) for kernel in kernels}
        for job in concurrent.futures.as_completed(jobs):
            kernel, subject = jobs[job]
            # None: of a time when rows did not say.
            kept = [row for row in results.get(kernel, []) if row.get("subject") not in (None, subject)]
            found = [row | {"subject": subject} for row in job.result()]
            results[kernel] = sorted(kept + found, key=lambda row: SUBJECTS.index(row["subject"]))
            save()
