# SPDX-License-Identifier: Apache-2.0
"""What each command holds in memory, how soon it traces, what it takes while nothing happens."""

import os
import pathlib
import subprocess
import sys
import time

import run

COMMANDS = {
    "ports": ["ports", "1"],
    "drops": ["drops", "1"],
    "listeners": ["listeners", "1"],
    "hotspots": ["hotspots", "1"],
    "profile": ["profile", "-d", "600"],
    "diagnose": ["diagnose", "-d", "600"],
}
# Of a core, by its own code while nothing happens.
USER_TARGET = 0.1
# MB resident at most, seconds until it traces; None: no target.
TARGETS = {
    "ports": (25, 0.3), "drops": (25, None), "profile": (40, None), "diagnose": (40, 0.5),
}


def idle(name, quick):
    """One command beside whatever else this machine does."""
    starts = []
    for _ in range(2 if quick else 4):
        process, seconds = run.start_tracer([run.TCPWHY] + COMMANDS[name])
        starts.append(seconds)
        run.stop(process)
    process, seconds = run.start_tracer([run.TCPWHY] + COMMANDS[name])
    starts.append(seconds)
    # Something to sample, in the kernel too: the symbols it then reads once are no idle cost.
    until = time.monotonic() + (1 if quick else 2)
    while time.monotonic() < until:
        os.stat("/")
    time.sleep(1)
    before, span = run.cpu_nanoseconds(process.pid), 2 if quick else 10
    time.sleep(span)
    percent = (run.cpu_nanoseconds(process.pid) - before) / span / 1e7
    found = run.memory(process.pid)
    user = run.user_share(process.pid, span)
    run.stop(process)
    megabytes, seconds = TARGETS.get(name, (None, None))
    return {
        "command": name, "attached": run.spread(starts), "hwm": found["VmHWM"], "rss": found["VmRSS"],
        "cpu_percent": percent, "user_percent": percent * user[0] if user else None,
        "user_samples": user[1] if user else 0, "target_user": USER_TARGET,
        "target_mb": megabytes, "target_attached": seconds,
    }


def many_stacks(quick):
    """profile of a load whose stacks nearly all differ."""
    load = subprocess.Popen([".build/bench/stacks"], stdout=subprocess.DEVNULL)
    try:
        folded = pathlib.Path(".build/bench/stacks.folded")
        with folded.open("wb") as out:
            process = subprocess.Popen(
                [run.TCPWHY, "profile", "-c", "stacks", "-F", "1999", "-d", "4" if quick else "16"],
                stdout=out, stderr=subprocess.DEVNULL)
            done = run.wait(process, time.monotonic())
    finally:
        load.kill()
        load.wait()
    stacks = sum(1 for _ in folded.open("rb"))
    folded.unlink()
    return {"command": f"profile, {stacks:,} stacks", "hwm": done.megabytes, "target_mb": 40}


def measure(quick):
    rows = []
    for name in COMMANDS:
        print(f"bench: memory and start of {name}", file=sys.stderr, flush=True)
        try:
            rows.append(idle(name, quick))
        except RuntimeError as error:
            rows.append({"command": name, "says": str(error)})
    print("bench: memory of profile with many stacks", file=sys.stderr, flush=True)
    rows.append(many_stacks(quick))
    return {"commands": rows, "executable_mb": os.path.getsize(run.TCPWHY) / 1e6, "executable_target_mb": 30}
