# SPDX-License-Identifier: Apache-2.0
"""Queues that are too short, that fill with what nobody waits for, or that are lost with their socket."""

import loads
import services
from case import case, finds, sysctls
from cases.servers import reconfigured_php
from place import BUILT, CLIENT, LONGEST, SERVER
from services import PORT

AT_PORT = rf":{PORT}\b"
# The backlog is the SYN queue's limit as well.
SYNS_TOO = ("syn-queue-overflow",)


@case(finds("accept-queue-overflow", about=AT_PORT, fix="listen|backlog", above={"backlog": 1}), also=SYNS_TOO)
def burst(place):
    """listen(1), thirty connections at once each second."""
    place.server.python("serve.py", "short_queue", PORT, 1)
    place.server.await_port(PORT)
    place.client.python("load.py", "bursts", SERVER, PORT, 30, 1)


def reconfigured_nginx(place, fix):
    """Applies the backlog that diagnose prints for nginx, whose socket keeps the old one until it is made anew."""
    directive = fix.get("directive") or {}
    if (directive.get("program"), directive.get("name")) != ("nginx", "backlog") or not directive["value"].isdigit():
        return False
    place.nginx.terminate()
    place.nginx.wait()
    private_nginx(place, int(directive["value"]))
    return True


def private_nginx(place, backlog):
    place.nginx = services.nginx(
        place.server, f"listen 127.0.0.1:{PORT} backlog={backlog}; root {{folder}};", workers=1)


# The line as it is to be written: without its address it would open a private service to all.
@case(finds("accept-queue-overflow", about=rf"127\.0\.0\.1:{PORT}.*nginx",
            fix=rf"127\.0\.0\.1:{PORT}[^;]* backlog=\d", fix_not=rf"listen {PORT}|listen \*:|listen 0\.0\.0\.0",
            above={"backlog": 4}), also=("workers-too-few", *SYNS_TOO), cure=reconfigured_nginx, quick=True)
def private_backlog(place):
    """nginx on 127.0.0.1 with a backlog of 4, a hundred connections at once each half second."""
    private_nginx(place, 4)
    place.server.python("load.py", "bursts", "127.0.0.1", PORT, 100, 0.5)


@case(finds("accept-queue-overflow", about=":6379.*redis", fix="somaxconn", above={"somaxconn": 4}), also=SYNS_TOO,
      needs=("redis-server",))
def somaxconn(place):
    """Redis asks for a queue of 511, net.core.somaxconn grants 4; sixty connections at once."""
    place.server.sysctl(net__core__somaxconn=4)
    services.redis(place.server)
    place.client.python("load.py", "bursts", SERVER, 6379, 60, 0.5)


@case(finds("unix-socket-backlog", about="zoo-queue", says="EAGAIN|full"), quick=True)
def unix_backlog(place):
    """A Unix socket's queue is full: connect fails with EAGAIN."""
    place.server.python("serve.py", "unix_queue", place.folder / "zoo-queue", 8, 100)
    place.wait((place.folder / "zoo-queue").exists, "socket")
    place.server.python("connects.py", "unix", place.folder / "zoo-queue", 5)


@case(finds("unix-socket-backlog", about=r"fpm\.sock", says="EAGAIN|full", fix=r"listen\.backlog|pm\.max_children",
            above={r"listen\.backlog": 2}), also=("workers-too-few",), needs=("nginx",), cure=reconfigured_php)
def php_unix(place):
    """nginx to php-fpm by a Unix socket, listen.backlog 2, two children, 50 ms a request, 40 clients."""
    socket = place.folder / "fpm.sock"
    place.php = services.PHP(place.server, socket, children=2, backlog=2, milliseconds=50)
    services.nginx_php(place.server, f"unix:{socket}")
    loads.requests(place, 40)


@case(finds("queue-lost-on-close", about=":9000", fix="tcp_migrate_req"), also=("accept-stalls",),
      cure=sysctls, settle=2.5)
def reload_resets(place):
    """Workers that share a port by SO_REUSEPORT restart one by one: what waits in a closed queue is reset."""
    place.server.python("serve.py", "reload", 9000)
    place.server.await_port(9000)
    place.server.python("load.py", "requests", "127.0.0.1", 9000, 20, 2, 10)


@case(finds("syn-flood", "syn-queue-overflow", severity="critical", about=AT_PORT, fix="tcp_syncookies"),
      cure=sysctls)
def flood_no_cookies(place):
    """SYN flood, 2,500 a second from random addresses, tcp_syncookies 0: honest clients get nothing."""
    flood(place, 0)


@case(finds("syn-flood", "syn-queue-overflow", least="possible", severity="info", most_severity="warning"))
def flood_cookies(place):
    """SYN flood, 2,500 a second, tcp_syncookies 1: the queue fills, cookies serve the honest clients."""
    flood(place, 1)


@case(finds("syn-flood", "syn-queue-overflow", least="possible", severity="info", most_severity="warning"))
def flood_always_cookies(place):
    """SYN flood, 2,500 a second, tcp_syncookies 2: cookies for all, no queue is used."""
    flood(place, 2)


def flood(place, cookies):
    server = place.server
    # So that a SYN-ACK has somewhere to go; the client forwards nothing.
    server.call("ip", "route", "add", "default", "via", CLIENT)
    for name in ("all", "default", "zoo0"):
        server.call("sysctl", "-qw", f"net.ipv4.conf.{name}.rp_filter=0")
    server.sysctl(tcp_syncookies=cookies, tcp_max_syn_backlog=256)
    services.nginx(server)
    loads.requests(place, 10, 5, 100)
    place.client.start(BUILT / "synflood", SERVER, PORT, 2500, LONGEST)


@case(finds("time-wait-limit", fix="tcp_max_tw_buckets"), cure=sysctls)
def tw_buckets(place):
    """tcp_max_tw_buckets 100, connections that the server closes."""
    place.server.sysctl(tcp_max_tw_buckets=100)
    services.nginx(place.server, f"listen {PORT}; root {{folder}}; keepalive_timeout 0;")
    loads.requests(place, 20, 5, 5)
