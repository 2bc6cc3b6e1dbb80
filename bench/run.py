# SPDX-License-Identifier: Apache-2.0
"""Runs commands and says what they took."""

import os
import pathlib
import re
import select
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

# In the background of a script SIGINT is ignored, and the tracers would ignore it, too.
signal.signal(signal.SIGINT, signal.default_int_handler)

TCPWHY = ".build/release/tcpwhy"
TCPLOAD = ".build/tcpload"
ATTACHED = re.compile(rb"tracing|sampling|watching")


class Finished:
    """What an ended process took: seconds, CPU seconds, MB at most resident (0: it ended too soon to tell)."""

    def __init__(self, status, usage, seconds, megabytes):
        self.status = os.waitstatus_to_exitcode(status)
        self.seconds = seconds
        self.cpu = usage.ru_utime + usage.ru_stime
        self.megabytes = megabytes


def memory(pid):
    """VmHWM and VmRSS in MB; empty when it has ended."""
    found = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("VmHWM", "VmRSS"):
            found[name] = int(value.split()[0]) / 1024
    return found


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_nanoseconds(pid):
    """The same of every thread that lives, and finer."""
    return sum(int((thread / "schedstat").read_text().split()[0])
               for thread in pathlib.Path(f"/proc/{pid}/task").iterdir())


def user_share(pid, seconds):
    """How much of its CPU time was its own code, not the kernel's: (share, samples), or None without
    perf, or where it may not sample.

    /proc and getrusage() divide the time by what the timer's tick met, some ten ticks in a minute of a
    process that mostly sleeps: no figure. perf meets it after every 50 µs that it ran, wherever it is.
    """
    if not shutil.which("perf"):
        return None
    with tempfile.NamedTemporaryFile() as data:
        done = subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-c", "50000", "-p", str(pid), "-o", data.name,
                               "--", "sleep", str(seconds)], stderr=subprocess.DEVNULL)
        if done.returncode != 0:
            return None
        text = subprocess.run(["perf", "script", "-i", data.name, "-F", "ip"], capture_output=True, text=True).stdout
    addresses = [int(line, 16) for line in text.split()]
    # The kernel has the upper half of the addresses.
    own = sum(1 for address in addresses if address < 1 << 63)
    return (own / len(addresses), len(addresses)) if addresses else None


def wait(process, since):
    """To its end. Looks at its memory meanwhile: what wait4 says includes this process's before exec."""
    ended, most = select.poll(), 0
    descriptor = os.pidfd_open(process.pid)
    ended.register(descriptor, select.POLLIN)
    while not ended.poll(10):
        most = max(most, memory(process.pid).get("VmHWM", 0))
    seconds = time.monotonic() - since
    os.close(descriptor)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Finished(status, usage, seconds, most)


def run(command, stdin=None, stdout=subprocess.DEVNULL):
    """To its end; raises if it fails, since a failure's time is no figure."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL)
    done = wait(process, start)
    if done.status != 0:
        raise RuntimeError(f"{command[0]} ended with {done.status}")
    return done


def start_tracer(command, seconds=10):
    """A tracer in the background, and the seconds until it says that it traces."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    text = b""
    while not ATTACHED.search(text):
        left = start + seconds - time.monotonic()
        if left <= 0 or not select.select([process.stderr], [], [], left)[0]:
            stop(process)
            raise RuntimeError("does not say that it traces")
        piece = os.read(process.stderr.fileno(), 4096)
        if not piece:
            stop(process)
            raise RuntimeError(text.decode(errors="replace").strip().splitlines()[-1] if text else "ended")
        text += piece
    return process, time.monotonic() - start


def stop(process):
    """Interrupts it and waits."""
    start = time.monotonic()
    try:
        process.send_signal(signal.SIGINT)
    except ProcessLookupError:
        pass
    return wait(process, start)


def spread(values):
    """(best, median, worst) of seconds or megabytes: the least is the best."""
    return min(values), statistics.median(values), max(values)
