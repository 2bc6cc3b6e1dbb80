# SPDX-License-Identifier: Apache-2.0
"""Whether the live commands live for months: every one of them for minutes, ten reports a second, while processes,
listeners, destinations and network namespaces come and go. What each holds must be flat after the first two minutes,
and what the busy ones did must be exact at the end. Puts its table into docs/bench.md."""

import argparse
import ctypes
import datetime
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time

import run

INTERVAL = "0.1"
SETTLED = 120  # seconds after which nothing may grow
MOST_GROWTH_MB = 2.0
COMMANDS = {
    "ports": ["ports", INTERVAL, "--json"],
    "drops": ["drops", INTERVAL, "--json"],
    "listeners": ["listeners", INTERVAL, "--json"],
    # Of what comes and goes here alone: the symbols of whatever else runs are no growth of theirs.
    "hotspots": ["hotspots", INTERVAL, "--json", "-F", "999", "-c", "tcpload"],
    "profile": ["profile", "-F", "999", "-c", "tcpload"],
    "diagnose": ["diagnose", "-d", "86400", "--json"],
}
BUSY_CONNECT, BUSY_ACCEPT = 7001, 7002
PAGE = pathlib.Path("docs/bench.md")
HEADING = "## Soak\n"


class Maps:
    """The rows in the hash tables of another process's BPF maps."""

    SYS_BPF, SYS_PIDFD_GETFD = 321, 438
    GET_NEXT_KEY = 4
    HASHES = {1, 5, 9, 10}  # BPF_MAP_TYPE_HASH and its kin: per CPU, LRU, both
    libc = ctypes.CDLL(None, use_errno=True)

    @classmethod
    def rows(cls, pid):
        total = 0
        pidfd = os.pidfd_open(pid)
        try:
            for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
                try:
                    if os.readlink(entry) != "anon_inode:bpf-map":
                        continue
                    text = pathlib.Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text()
                except FileNotFoundError:
                    continue
                facts = dict(re.findall(r"^(\w+):\s+(\w+)$", text, re.M))
                if int(facts["map_type"]) not in cls.HASHES:
                    continue
                map_fd = cls.libc.syscall(cls.SYS_PIDFD_GETFD, pidfd, int(entry.name), 0)
                if map_fd >= 0:
                    total += cls.count(map_fd, int(facts["key_size"]), int(facts["max_entries"]))
                    os.close(map_fd)
        finally:
            os.close(pidfd)
        return total

    @classmethod
    def count(cls, map_fd, key_size, most):
        key, following = ctypes.create_string_buffer(key_size), ctypes.create_string_buffer(key_size)
        attributes = ctypes.create_string_buffer(128)
        rows = 0
        while rows < most:
            before = ctypes.addressof(key) if rows else 0
            struct.pack_into("=IxxxxQQ", attributes, 0, map_fd, before, ctypes.addressof(following))
            if cls.libc.syscall(cls.SYS_BPF, cls.GET_NEXT_KEY, attributes, 128) != 0:
                break
            rows += 1
            key.raw = following.raw
        return rows


class Tracer:
    """One command. Of what it prints only the sums that are compared are kept."""

    def __init__(self, name):
        self.name = name
        self.busy, self.top, self.summary = 0, {}, {}
        self.samples = []  # (seconds, MB resident, descriptors, rows)
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([run.TCPWHY] + COMMANDS[name], stdout=subprocess.PIPE, stderr=self.errors)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def wait_until_it_traces(self):
        for _ in range(600):
            if run.ATTACHED.search(self.said()):
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} does not trace: {self.said().decode()}")

    def said(self):
        return os.pread(self.errors.fileno(), 1 << 16, 0)

    def read(self):
        port = f'"port":{BUSY_ACCEPT if self.name == "listeners" else BUSY_CONNECT},'.encode()
        for line in self.process.stdout:
            if line.startswith(b'{"kind":"summary"'):
                self.summary = json.loads(line)
            elif self.name == "ports" and port in line and line.startswith(b'{"kind":"ports"'):
                self.busy += json.loads(line)["connects"]
            elif self.name == "drops" and port in line and line.startswith(b'{"kind":"drop"'):
                self.busy += json.loads(line)["count"]
            elif self.name == "listeners" and port in line:
                self.busy += json.loads(line)["accepts"] or 0
            elif self.name == "hotspots" and b'"symbol":"spin_inner' in line:
                self.busy += json.loads(line)["self_samples"]

    def look(self, seconds):
        pid = self.process.pid
        self.samples.append((seconds, run.memory(pid)["VmRSS"], len(os.listdir(f"/proc/{pid}/fd")), Maps.rows(pid)))

    def end(self):
        self.status = run.stop(self.process).status
        self.reader.join()

    def settled(self):
        return [sample for sample in self.samples if sample[0] >= SETTLED] or self.samples[-1:]


class Load:
    """What comes and goes, in network namespaces of its own; and what is busy all the time."""

    def __init__(self):
        self.name = f"soak{os.getpid()}"
        self.connects = self.refused = self.accepts = 0  # of the busy ones
        self.processes = self.destinations = self.listeners = self.namespaces = 0
        self.add(self.name)
        self.spinner = subprocess.Popen([run.TCPLOAD, "-x", "86400", "127.0.0.1", "1"])

    def add(self, name):
        subprocess.run(["ip", "netns", "add", name], check=True)
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)

    def tcpload(self, *words, netns=None):
        command = ["nsenter", f"--net=/run/netns/{netns or self.name}", run.TCPLOAD, *map(str, words)]
        self.processes += 1
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout.splitlines()[0])["connects"]

    def round(self, number):
        self.connects += self.tcpload("-n", 200, "127.0.0.1", BUSY_CONNECT)
        self.accepts += self.tcpload("-n", 200, "-a", "127.0.0.1", BUSY_ACCEPT)
        base = f"127.{1 + number // 256 % 250}.{number % 256}.0"
        self.destinations += self.tcpload("-v", "-n", 250, base, 9)
        self.listeners += self.tcpload("-C", "-n", 40, "127.0.0.1", 10000 + number * 40 % 20000)
        if number % 4 == 0:
            other = f"{self.name}n{number}"
            self.add(other)
            self.tcpload("-n", 5, "127.0.0.1", 9, netns=other)
            subprocess.run(["ip", "netns", "delete", other], check=True)
            self.namespaces += 1

    def end(self):
        self.spinner.kill()
        self.spinner.wait()
        subprocess.run(["ip", "netns", "delete", self.name], check=True)


def drive(tracers, load, seconds):
    start, number, looked = time.monotonic(), 0, -60.0
    while (elapsed := time.monotonic() - start) < seconds:
        load.round(number)
        number += 1
        if elapsed - looked >= 10:
            looked = elapsed
            for tracer in tracers:
                tracer.look(elapsed)
            print(f"soak: {elapsed:.0f} of {seconds} s, " + ", ".join(
                f"{t.name} {t.samples[-1][1]:.1f} MB" for t in tracers), file=sys.stderr, flush=True)
        time.sleep(0.1)
    time.sleep(1)  # the last reports


def verdicts(tracers, load):
    """What is wrong, a line each."""
    wrong = []
    truth = {"ports": load.connects, "drops": load.connects, "listeners": load.accepts}
    for tracer in tracers:
        settled = tracer.settled()
        growth = max(s[1] for s in settled) - settled[0][1]
        if growth > MOST_GROWTH_MB:
            wrong.append(f"{tracer.name}: resident memory grew by {growth:.1f} MB after {SETTLED} s")
        if max(s[2] for s in settled) > settled[0][2] + 2:
            wrong.append(f"{tracer.name}: descriptors grew from {settled[0][2]} to {max(s[2] for s in settled)}")
        if tracer.status != 0:
            wrong.append(f"{tracer.name}: ended with {tracer.status}")
        if tracer.name in truth and tracer.busy != truth[tracer.name]:
            wrong.append(f"{tracer.name}: counted {tracer.busy} of the busy one's {truth[tracer.name]}")
        if tracer.name == "hotspots" and tracer.busy == 0:
            wrong.append("hotspots: the busiest function has no row")
    return wrong


def table(tracers, load, seconds, wrong):
    lines = [
        HEADING,
        f"`make soak MINUTES={seconds / 60:g}`, {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC: every live "
        f"command with ten reports a second, while {load.processes:,} processes, {load.listeners:,} listeners, "
        f"{load.destinations:,} destinations",
        f"and {load.namespaces:,} network namespaces came and went. *Rows*: of all hash tables in the kernel. *Busy*: what the "
        "one that was there all the time did, by its own count and as the reports add up.", "",
        "| command | RSS after 2 min | RSS at most after that | descriptors | rows at most | busy |", "|---|---|---|---|---|---|",
    ]
    truth = {"ports": load.connects, "drops": load.connects, "listeners": load.accepts}
    for tracer in tracers:
        settled = tracer.settled()
        busy = f"{tracer.busy:,} of {truth[tracer.name]:,}" if tracer.name in truth else "–"
        descriptors = sorted({s[2] for s in settled})
        lines.append(
            f"| {tracer.name} | {settled[0][1]:.1f} MB | {max(s[1] for s in settled):.1f} MB | "
            f"{descriptors[0]}{'' if len(descriptors) == 1 else f' – {descriptors[-1]}'} | "
            f"{max(s[3] for s in settled):,} | {busy} |")
    return "\n".join(lines + [""] + [f"- {line}" for line in wrong] + ([""] if wrong else []))


def section(text):
    """The page's own, its last, with an empty line before; nothing, if there was no soak yet."""
    return "\n" + text[text.index(HEADING):] if HEADING in text else ""


def put(own):
    """At the page's end, in place of what was there."""
    text = PAGE.read_text()
    rest = text[:text.index(HEADING)] if HEADING in text else text
    PAGE.write_text(rest.rstrip("\n") + "\n\n" + own.rstrip("\n") + "\n")


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="(%(default)s)")
    parser.add_argument("--only", choices=COMMANDS, action="append", help="this command, may be repeated")
    parser.add_argument("--no-page", action="store_true", help="leave docs/bench.md as it is")
    options = parser.parse_args()
    seconds = options.minutes * 60
    load, tracers = Load(), []
    try:
        for name in options.only or COMMANDS:
            tracers.append(Tracer(name))
            tracers[-1].wait_until_it_traces()
        drive(tracers, load, seconds)
    finally:
        for tracer in tracers:
            tracer.end()
        load.end()
    wrong = verdicts(tracers, load)
    own = table(tracers, load, seconds, wrong)
    print(own)
    if not options.no_page:
        put(own)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
