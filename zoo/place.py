# SPDX-License-Identifier: Apache-2.0
"""Where a case takes place: two hosts in network namespaces, the processes in them, and a folder for their files.

    server: 192.0.2.1, 2001:db8::1      client: 192.0.2.2, 2001:db8::2

They are joined by a veth pair and, if a case asks for it, by a wire with delay and loss (198.51.100.1 and .2).
The addresses are reserved for documentation and live inside the namespaces alone; their names carry this
process's number, so that runs side by side do not meet.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

NAME = "tcpwhy-zoo"
NETNS = pathlib.Path("/var/run/netns")
PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
BUILT = pathlib.Path(".build/zoo").resolve()
SERVER, CLIENT = "192.0.2.1", "192.0.2.2"
FAR_SERVER, FAR_CLIENT = "198.51.100.1", "198.51.100.2"
# Whatever a case starts ends by itself after so many seconds, should this process be killed.
LONGEST = 150
# Debian keeps nginx, haproxy and the like in sbin, which is not in everyone's PATH.
PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin"


class Failed(Exception):
    """A case that could not be set up says nothing about tcpwhy."""


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PATH": PATH}, timeout=60)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


class Host:
    """One of the two: its network namespace, and what runs in it."""

    def __init__(self, place, netns, address):
        self.place, self.netns, self.address = place, netns, address
        run("ip", "netns", "add", netns)
        run("ip", "-n", netns, "link", "set", "lo", "up")

    def within(self, command):
        # Not `ip netns exec`: its mount namespace would hold on to every other run's mounts.
        return ["nsenter", f"--net={NETNS / self.netns}", "--", *map(str, command)]

    def call(self, *command):
        """Runs to the end, and fails if the command does."""
        return run(*self.within(command))

    def start(self, *command, cwd=None, open_files=None):
        """Runs in the background until the case is over."""
        limit = ["prlimit", f"--nofile={open_files}"] if open_files else []
        process = subprocess.Popen(
            ["timeout", "--kill-after=1", str(LONGEST), *limit, *self.within(command)],
            stdin=subprocess.DEVNULL, stdout=self.place.log, stderr=subprocess.STDOUT,
            cwd=cwd or self.place.folder, env=os.environ | {"PATH": PATH}, start_new_session=True)
        self.place.processes.append(process)
        return process

    def python(self, program, *arguments, **options):
        return self.start("/usr/bin/python3", PROGRAMS / program, *arguments, **options)

    def sysctl(self, **settings):
        """tcp_syncookies=0; a double underscore is a dot: net__core__somaxconn=16."""
        for name, value in settings.items():
            name = name.replace("__", ".") if "__" in name else f"net.ipv4.{name}"
            self.call("sysctl", "-qw", f"{name}={value}")

    def rule(self, hook, *rule):
        """An nft rule at input, output or forward."""
        self.call("nft", "add table ip zoo; add chain ip zoo "
                  f"{hook} {{ type filter hook {hook} priority 0; }}; add rule ip zoo {hook} {' '.join(rule)}")

    def await_port(self, port, seconds=20):
        self.place.wait(lambda: self.call("ss", "-Hltn", f"sport = :{port}"), f"a listener on port {port}", seconds)

    def await_connections(self, port, least):
        def stand():
            return len(self.call("ss", "-Htn", "state", "established", f"dport = :{port}").splitlines()) >= least

        self.place.wait(stand, f"{least} connections to port {port}")

    def pids(self):
        return [int(pid) for pid in run("ip", "netns", "pids", self.netns, check=False).split()]

    def pids_of(self, name):
        return [pid for pid in self.pids() if comm(pid) == name]


def comm(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


class Place:
    """The scene of one run of one case; leaves nothing behind."""

    def __init__(self, number, log):
        self.id = f"{NAME}-{os.getpid()}-{number}"
        self.processes, self.cgroups = [], []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{self.id}."))
        # Workers that are not root read their pages here.
        self.folder.chmod(0o755)
        self.log_path, self.log = log, open(log, "wb")
        self.cleaning = contextlib.ExitStack()
        self.cleaning.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.cleaning.callback(self.log.close)

    def __enter__(self):
        try:
            self.server, self.client = (self.host(name, address)
                                        for name, address in (("server", SERVER), ("client", CLIENT)))
            self.join()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def host(self, name, address):
        netns = f"{self.id}-{name}"
        self.cleaning.callback(remove_namespace, netns)
        return Host(self, netns, address)

    def join(self):
        # Made inside the namespaces, so that no interface of it ever shows in the host's.
        run("ip", "-n", self.server.netns, "link", "add", "zoo0", "type", "veth",
            "peer", "name", "zoo0", "netns", self.client.netns)
        for host, number in ((self.server, 1), (self.client, 2)):
            run("ip", "-n", host.netns, "addr", "add", f"{host.address}/24", "dev", "zoo0")
            run("ip", "-n", host.netns, "-6", "addr", "add", f"2001:db8::{number}/64", "dev", "zoo0", "nodad")
            run("ip", "-n", host.netns, "link", "set", "zoo0", "up")

    def wire(self, **how):
        """The second link; arguments as of programs/wire.c, with underscores."""
        options = [f"--{name.replace('_', '-')}={value}" for name, value in how.items()]
        # Outside the namespaces: it enters each to make its end.
        self.processes.append(subprocess.Popen(
            ["timeout", str(LONGEST), BUILT / "wire", *options, NETNS / self.client.netns, NETNS / self.server.netns],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True))
        for host, address in ((self.server, FAR_SERVER), (self.client, FAR_CLIENT)):
            self.wait(lambda: "far0" in host.call("ip", "-o", "link"), "the wire")
            run("ip", "-n", host.netns, "addr", "add", f"{address}/24", "dev", "far0")
            run("ip", "-n", host.netns, "link", "set", "far0", "up", "mtu", "1500")

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def wait(self, condition, what, seconds=10.0):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise Failed(f"no {what} after {seconds:g} s: {self.last_words()}")
            time.sleep(0.05)

    def last_words(self):
        lines = self.log_path.read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "nothing was said"

    def cgroup(self, controller, **values):
        """A cgroup of this case's own (version 1, or 2 where that is all there is), with files set."""
        first = pathlib.Path("/sys/fs/cgroup") / controller
        group = (first if first.is_dir() else pathlib.Path("/sys/fs/cgroup")) / self.id
        group.mkdir()
        self.cgroups.append(group)
        for name, value in values.items():
            path = group / name.replace("__", ".")
            if path.exists():
                path.write_text(value)
        return group

    def close(self):
        hosts = [host for host in (getattr(self, "server", None), getattr(self, "client", None)) if host]
        for group in self.cgroups:
            thaw(group)
        # Politely first: PostgreSQL leaves shared memory behind when it is killed.
        for number, patience in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 3.0)):
            end = time.monotonic() + patience
            while (alive := {pid for host in hosts for pid in host.pids()}) and time.monotonic() < end:
                for pid in alive:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGCONT)
                        os.kill(pid, number)
                time.sleep(0.1)
        for process in self.processes:
            process.kill()
            process.wait()
        for group in self.cgroups:
            with contextlib.suppress(OSError):
                group.rmdir()
        self.cleaning.close()


def thaw(group):
    for name, value in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
        if (group / name).exists():
            (group / name).write_text(value)


def remove_namespace(netns):
    if (NETNS / netns).exists():
        run("ip", "netns", "del", netns, check=False)


def sweep():
    """Removes what a killed run left behind; runs that still live are left alone."""
    found = {}
    groups = pathlib.Path("/sys/fs/cgroup")
    for path in [*NETNS.glob(f"{NAME}-*"), *pathlib.Path(tempfile.gettempdir()).glob(f"{NAME}-*"),
                 *groups.glob(f"*/{NAME}-*"), *groups.glob(f"{NAME}-*")]:
        if match := re.match(rf"{NAME}-(\d+)-", path.name):
            found.setdefault(int(match[1]), []).append(path)
    for owner, paths in found.items():
        if owner == os.getpid() or not is_zoo(owner):
            for path in paths:
                remove(path)


def is_zoo(pid):
    try:
        return b"zoo/main.py" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def remove(path):
    if path.parent == NETNS:
        for pid in run("ip", "netns", "pids", path.name, check=False).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        remove_namespace(path.name)
    elif path.is_relative_to("/sys/fs/cgroup"):
        thaw(path)
        with contextlib.suppress(OSError):
            path.rmdir()
    elif path.stat().st_uid == os.getuid() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
