# SPDX-License-Identifier: Apache-2.0
"""Connects that fail, or nearly: connects.py MODE [ARGUMENT...]. They run until they are ended."""

import collections
import errno
import os
import select
import signal
import socket
import sys
import threading
import time

SO_REUSEADDR, SO_REUSEPORT = socket.SO_REUSEADDR, socket.SO_REUSEPORT
# Python has no names for these.
IPPROTO_MPTCP, MSG_FASTOPEN, IP_BIND_ADDRESS_NO_PORT = 262, 0x20000000, 24
seen = collections.Counter()


def address(text):
    host, port = text.rsplit(":", 1)
    host = host.strip("[]")
    return (socket.AF_INET6 if ":" in host else socket.AF_INET), (host, int(port))


def connect(text, timeout=None, protocol=0):
    """The errno, 0 if it succeeded, ETIMEDOUT also if the caller gave up."""
    family, where = address(text)
    with socket.socket(family, socket.SOCK_STREAM, protocol) as sock:
        sock.settimeout(timeout)
        try:
            sock.connect(where)
            result = 0
        except TimeoutError as error:
            result = error.errno or errno.ETIMEDOUT
        except OSError as error:
            result = error.errno
    seen[text, errno.errorcode.get(result, "ok")] += 1
    return result


def again(pause_ms, threads, timeout_s, *destinations):
    """Connects to each in turn, and closes."""
    timeout = float(timeout_s) or None

    def one():
        while True:
            for destination in destinations:
                connect(destination, timeout)
            time.sleep(float(pause_ms) / 1e3)

    for _ in range(int(threads)):
        threading.Thread(target=one, daemon=True).start()
    signal.pause()


def fall_back(pause_ms, first, second):
    """As RFC 8305's clients do: the second address if the first fails."""
    while True:
        if connect(first, 1) != 0:
            connect(second, 1)
        time.sleep(float(pause_ms) / 1e3)


def race(wait_ms, first, second):
    """As proxies do: does not block, and gives the first up if it has not answered in time."""
    while True:
        family, where = address(first)
        with socket.socket(family) as sock:
            sock.setblocking(False)
            sock.connect_ex(where)
            waiting = select.poll()
            waiting.register(sock, select.POLLOUT)
            seen[first, bool(waiting.poll(float(wait_ms)))] += 1
        connect(second, 1)


def scan(host, first, last, pause_ms):
    """Knocks at each port of a range, round and round."""
    while True:
        for port in range(int(first), int(last) + 1):
            connect(f"{host}:{port}", 1)
            time.sleep(float(pause_ms) / 1e3)


def bound(destination, first, last):
    """Sockets that are bound to a local port from which another one is connected there already."""
    host, port = address(destination)[1]
    kept = []
    for local in range(int(first), int(last) + 1):
        sock = bound_socket(local)
        sock.connect((host, port))
        kept.append(sock)
    while True:
        for local in range(int(first), int(last) + 1):
            with bound_socket(local) as sock:
                seen[sock.connect_ex((host, port))] += 1
            time.sleep(0.005)


def bound_socket(local):
    sock = socket.socket()
    for option in (SO_REUSEADDR, SO_REUSEPORT):
        sock.setsockopt(socket.SOL_SOCKET, option, 1)
    sock.bind(("127.0.0.1", local))
    return sock


def from_source(source, destination, most, pause_ms):
    """Opens connections from this address until so many stand, and keeps them."""
    kept = []
    while True:
        if len(kept) < int(most):
            sock = socket.socket()
            sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((source, 0))
            error = sock.connect_ex(address(destination)[1])
            seen[source, errno.errorcode.get(error, "ok")] += 1
            if error:
                sock.close()
            else:
                kept.append(sock)
        time.sleep(float(pause_ms) / 1e3)


def unix(path, pause_ms):
    """Does not block, as nginx does not; thirty are kept open."""
    kept = collections.deque(maxlen=30)
    while True:
        sock = socket.socket(socket.AF_UNIX)
        sock.setblocking(False)
        seen[sock.connect_ex(path)] += 1
        kept.append(sock)
        time.sleep(float(pause_ms) / 1e3)


def many_open(destination, most, pause_ms):
    """Opens one connection after the other, and keeps the last ones open."""
    kept = collections.deque(maxlen=int(most))
    family, where = address(destination)
    while True:
        sock = socket.socket(family)
        sock.setblocking(False)
        seen[sock.connect_ex(where)] += 1
        kept.append(sock)
        time.sleep(float(pause_ms) / 1e3)


def mptcp(destination, pause_ms):
    while True:
        family, where = address(destination)
        with socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP) as sock:
            sock.connect(where)
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            seen[len(sock.recv(4096))] += 1
        time.sleep(float(pause_ms) / 1e3)


def fast_open(destination, pause_ms):
    """The request goes with the SYN."""
    while True:
        family, where = address(destination)
        with socket.socket(family) as sock:
            sock.sendto(b"GET / HTTP/1.1\r\n\r\n", MSG_FASTOPEN, where)
            seen[len(sock.recv(4096))] += 1
        time.sleep(float(pause_ms) / 1e3)


MODES = {mode.__name__: mode for mode in (
    again, fall_back, race, scan, bound, from_source, unix, many_open, mptcp, fast_open)}


def end(*_):
    print(sys.argv[1:], seen.most_common(8), flush=True)
    os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    MODES[sys.argv[1]](*sys.argv[2:])
