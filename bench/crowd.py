# SPDX-License-Identifier: Apache-2.0
"""What the live commands take on a crowded machine: hundreds of network namespaces that all connect, or hundreds of
thousands of sockets."""

import ctypes
import os
import socket
import subprocess
import sys
import threading
import time

import run

COMMANDS = {
    "ports": ["ports", "1"], "listeners": ["listeners", "1"], "drops": ["drops", "1"], "diagnose": ["diagnose", "-d", "600"],
}
CPU_TARGET, MB_TARGET = 5.0, 40.0
libc = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Namespaces:
    """In each something listens, and something connects to it every second."""

    def __init__(self, count):
        self.names = [f"crowd{os.getpid()}n{number}" for number in range(count)]
        self.servers, self.over = [], threading.Event()
        for name in self.names:
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        inside = [os.open(f"/run/netns/{name}", os.O_RDONLY) for name in self.names]
        for descriptor in inside:
            libc.setns(descriptor, 0)
            self.servers.append(socket.create_server(("127.0.0.1", 80)))
        while not self.over.is_set():
            start = time.monotonic()
            for descriptor, server in zip(inside, self.servers):
                libc.setns(descriptor, 0)
                with socket.create_connection(("127.0.0.1", 80)):
                    server.accept()[0].close()
            self.over.wait(max(0, start + 1 - time.monotonic()))

    def end(self):
        self.over.set()
        self.thread.join()
        for server in self.servers:
            server.close()
        for name in self.names:
            ip("netns", "delete", name)


class Sockets:
    """Half of them in TIME_WAIT, half established; and some connects every second."""

    def __init__(self, count):
        self.name = f"crowd{os.getpid()}"
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "set", "lo", "up")
        self.inside = ["nsenter", f"--net=/run/netns/{self.name}"]
        for setting in "net.ipv4.ip_local_port_range=1024 65023", "net.ipv4.tcp_max_tw_buckets=1000000":
            subprocess.run(self.inside + ["sysctl", "-qw", setting], check=True)
        # Each connection that stands has both of its ends here; more processes than one have room for them.
        self.held = [self.start("-l", "-k", "-n", str(count // 80), "-i", "86400", f"127.0.2.{number}", "700")
                     for number in range(1, 21)]
        for number in (1, 2):
            subprocess.run(self.inside + [run.TCPLOAD, "-l", "-w", "-n", str(count // 4), f"127.0.1.{number}", "700"],
                           check=True, stdout=subprocess.DEVNULL)
        for process in self.held:
            if not process.stdout.readline():
                raise RuntimeError("tcpload could not hold its connections")
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def start(self, *words):
        return subprocess.Popen(self.inside + [run.TCPLOAD, *words], stdout=subprocess.PIPE)

    def work(self):
        while not self.over.wait(1):
            subprocess.run(self.inside + [run.TCPLOAD, "-n", "100", "127.0.3.1", "9"], stdout=subprocess.DEVNULL)

    def end(self):
        self.over.set()
        self.thread.join()
        for process in self.held:
            process.kill()
            process.wait()
        ip("netns", "delete", self.name)


def beside(what, crowd, quick):
    rows = []
    try:
        for name, words in COMMANDS.items():
            print(f"bench: {name} beside {what}", file=sys.stderr, flush=True)
            process, attached = run.start_tracer([run.TCPWHY] + words, seconds=60)
            time.sleep(5)  # the first look is at everything
            before, span = run.cpu_nanoseconds(process.pid), 10 if quick else 30
            time.sleep(span)
            percent = (run.cpu_nanoseconds(process.pid) - before) / span / 1e7
            rows.append({"beside": what, "command": name, "attached": attached, "cpu_percent": percent,
                         "hwm": run.memory(process.pid)["VmHWM"], "cpu_target": CPU_TARGET, "mb_target": MB_TARGET})
            run.stop(process)
    finally:
        crowd.end()
    return rows


def measure(quick):
    return (beside("300 network namespaces", Namespaces(300), quick)
            + beside("200,000 sockets", Sockets(200_000), quick))
