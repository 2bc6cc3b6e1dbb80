# SPDX-License-Identifier: Apache-2.0
"""Servers with one fault each: serve.py MODE PORT [ARGUMENT...]."""

import asyncio
import os
import resource
import socket
import sys
import threading
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def listener(port, backlog=128, host="0.0.0.0", share=False, protocol=0):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if share:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind((host, port))
    sock.listen(backlog)
    return sock


def in_thread(serve, sock):
    """Serves one connection; a client that goes away is no concern of the server's."""
    def body():
        with sock:
            try:
                serve(sock)
            except OSError:
                pass

    threading.Thread(target=body, daemon=True).start()


def answer(sock):
    sock.recv(4096)
    sock.sendall(ANSWER)


def loop(port, blocked_ms="0", waiting_ms="0"):
    """An event loop that sleeps in each request (blocked: nothing else runs), or awaits something."""
    async def serve(reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            if float(blocked_ms):
                time.sleep(float(blocked_ms) / 1e3)
            await asyncio.sleep(float(waiting_ms) / 1e3)
            writer.write(ANSWER)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()

    async def run():
        server = await asyncio.start_server(serve, "0.0.0.0", port)
        await server.serve_forever()

    asyncio.run(run())


def threads(port, milliseconds="0", protocol="0", fast_open="0"):
    """Healthy: a thread for each connection."""
    sock = listener(port, 512, protocol=int(protocol))
    if int(fast_open):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, int(fast_open))

    def serve(connection):
        connection.recv(4096)
        time.sleep(float(milliseconds) / 1e3)
        connection.sendall(ANSWER)

    while True:
        in_thread(serve, sock.accept()[0])


def silent(port):
    """Accepts, never reads, never answers."""
    sock, kept = listener(port, 512), []
    while True:
        kept.append(sock.accept())


def descriptors(port):
    """64 file descriptors, and more connections than that at once."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    sock = listener(port)

    def serve(connection):
        connection.recv(4096)
        time.sleep(2)
        connection.sendall(ANSWER)

    while True:
        try:
            in_thread(serve, sock.accept()[0])
        except OSError:
            time.sleep(0.05)


def leak(port):
    """Answers and forgets to close: CLOSE_WAIT piles up until the descriptors are used up."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    sock, kept = listener(port), []
    while True:
        try:
            connection, _ = sock.accept()
            connection.recv(4096)
            # Without "Connection: close": the client has its answer and closes first.
            connection.sendall(ANSWER.replace(b"Connection: close\r\n", b""))
            kept.append(connection)
        except OSError:
            time.sleep(0.05)


def short_queue(port, backlog="1", host="0.0.0.0"):
    """Serves one after the other, with a short queue."""
    sock = listener(port, int(backlog), host)
    while True:
        connection, _ = sock.accept()
        with connection:
            answer(connection)


def big(port, size):
    """Sends a large body."""
    body = b"z" * int(size)
    sock = listener(port)

    def serve(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(100)

    while True:
        in_thread(serve, sock.accept()[0])


def sink(port):
    """Reads all there is."""
    sock = listener(port)

    def serve(connection):
        while connection.recv(1 << 17):
            pass

    while True:
        in_thread(serve, sock.accept()[0])


def two_parts(port):
    """Answers when 200 bytes have come."""
    sock = listener(port)

    def serve(connection):
        while True:
            size = 0
            while size < 200:
                part = connection.recv(4096)
                if not part:
                    return
                size += len(part)
            connection.sendall(b"y" * 100)

    while True:
        in_thread(serve, sock.accept()[0])


def reload(port):
    """Three workers with a socket each on one port (SO_REUSEPORT); each second one restarts: it accepts
    no more for 200 ms, closes its socket, and opens another."""
    def work():
        sock = listener(port, 512, share=True)
        sock.settimeout(0.05)
        end = time.monotonic() + 0.8
        while time.monotonic() < end:
            try:
                connection, _ = sock.accept()
                with connection:
                    answer(connection)
            except OSError:
                pass
        time.sleep(0.2)
        sock.close()

    for _ in range(3):
        if os.fork() == 0:
            while True:
                work()
    os.wait()


def unix_queue(path, backlog, milliseconds):
    """A Unix stream socket; one is served after the other."""
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    sock.listen(int(backlog))
    while True:
        connection, _ = sock.accept()
        time.sleep(float(milliseconds) / 1e3)
        connection.close()


MODES = {mode.__name__: mode for mode in (
    loop, threads, silent, descriptors, leak, short_queue, big, sink, two_parts, reload)}

if __name__ == "__main__":
    if sys.argv[1] == "unix_queue":
        unix_queue(*sys.argv[2:])
    MODES[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
