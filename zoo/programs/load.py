# SPDX-License-Identifier: Apache-2.0
"""Clients: load.py MODE HOST PORT [ARGUMENT...]. They run until they are ended, and say what they met."""

import asyncio
import collections
import contextlib
import signal
import socket
import struct
import sys
import threading
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
seen = collections.Counter()


def note(what):
    seen[what] += 1


def failure(error):
    return f"{type(error).__name__} {error.errno or ''}".strip()


def kind(answer):
    """Of an answer: that of a proxy whose server is not to be had is none."""
    if not answer:
        return "empty"
    is_failure = answer.startswith(b"HTTP/") and answer[9:10] == b"5"
    return answer[:12].decode() if is_failure else "ok"


async def exchange(host, port, message):
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(message)
        return await reader.read(100000)
    finally:
        writer.close()


def crowd(clients, one):
    async def run():
        await asyncio.gather(*(one() for _ in range(clients)))

    asyncio.run(run())


def requests(host, port, clients, timeout_s, think_ms="20"):
    """A new connection for each request."""
    async def one():
        while True:
            try:
                data = await asyncio.wait_for(exchange(host, port, REQUEST), float(timeout_s))
                note(kind(data))
            except asyncio.TimeoutError:
                note("timeout")
            except OSError as error:
                note(failure(error))
                await asyncio.sleep(0.01)
            await asyncio.sleep(float(think_ms) / 1e3)

    crowd(int(clients), one)


def bursts(host, port, clients, period_s):
    """So many connections at once, each period."""
    async def one():
        try:
            note(kind(await exchange(host, port, REQUEST)))
        except OSError as error:
            note(failure(error))

    async def run():
        kept = set()  # a task that nobody holds may vanish
        while True:
            for _ in range(int(clients)):
                task = asyncio.create_task(one())
                kept.add(task)
                task.add_done_callback(kept.discard)
            await asyncio.sleep(float(period_s))

    asyncio.run(run())


def postgres(host, port, clients):
    """Logs in, again and again."""
    body = struct.pack("!i", 196608) + b"user\0postgres\0database\0postgres\0\0"
    message = struct.pack("!i", len(body) + 4) + body

    async def one():
        while True:
            try:
                data = await asyncio.wait_for(exchange(host, port, message), 5)
                note("refused by the server" if data[:1] == b"E" else "ok")
            except (OSError, asyncio.TimeoutError) as error:
                note(failure(error) if isinstance(error, OSError) else "timeout")
            await asyncio.sleep(0.05)

    crowd(int(clients), one)


def memcached(host, port, clients, stay):
    """Connections that set and get, and stay, or a new one for each get."""
    async def one():
        while True:
            try:
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(b"set k 0 0 2\r\nok\r\n")
                await reader.readline()
                while True:
                    writer.write(b"get k\r\n")
                    for _ in range(3):
                        if not await reader.readline():
                            raise ConnectionError
                    note("ok")
                    await asyncio.sleep(0.01)
                    if stay == "0":
                        break
                writer.close()
            except OSError as error:
                note(failure(error))
                await asyncio.sleep(0.05)

    crowd(int(clients), one)


def downloads(host, port, clients):
    """One whole download after the other."""
    def one():
        while True:
            try:
                with socket.create_connection((host, port), 5) as sock:
                    sock.settimeout(4)
                    sock.send(REQUEST)
                    while sock.recv(1 << 16):
                        pass
                note("ok")
            except OSError as error:
                note(failure(error))
                time.sleep(0.05)

    in_threads(int(clients), one)


def upload(host, port):
    """Sends as fast as it can."""
    data = b"x" * 65536
    with socket.create_connection((host, port)) as sock:
        while True:
            sock.sendall(data)
            note("65,536 bytes sent")


def two_writes(host, port, clients):
    """Write, write, read, without TCP_NODELAY."""
    def one():
        with socket.create_connection((host, port)) as sock:
            while True:
                sock.send(b"a" * 100)
                sock.send(b"b" * 100)
                sock.recv(4096)
                note("ok")

    in_threads(int(clients), one)


def idle(host, port, clients):
    """Connections that say nothing."""
    kept = []
    for _ in range(int(clients)):
        with contextlib.suppress(OSError):
            kept.append(socket.create_connection((host, port), 2))
    signal.pause()


def in_threads(count, one):
    for _ in range(count):
        threading.Thread(target=one, daemon=True).start()
    signal.pause()


MODES = {mode.__name__: mode for mode in (
    requests, bursts, postgres, memcached, downloads, upload, two_writes, idle)}


def end(*_):
    print(sys.argv[1:], dict(seen), flush=True)
    # Not sys.exit(): threads may hold what an orderly end waits for.
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    MODES[sys.argv[1]](sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
