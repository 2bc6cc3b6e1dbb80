# SPDX-License-Identifier: Apache-2.0
"""Connects that fail, for want of a port, of an address, of an answer, or because somebody says no."""

import re

import loads
import services
from case import case, finds, sysctls
from place import CLIENT, SERVER, run
from services import PORT

NOT_PORTS = ("ephemeral-ports-exhausted",)
UPSTREAM = re.escape(f"{CLIENT}:9000")


def backend(place, waiting_ms=300):
    place.client.python("serve.py", "loop", 9000, 0, waiting_ms)
    place.client.await_port(9000)


@case(finds("ephemeral-ports-exhausted", severity="critical", about=f"haproxy.*{UPSTREAM}", fix="ip_local_port_range"),
      also=("connects-failing",), needs=("haproxy", "wrk"), cure=sysctls, alone=True)
def haproxy_ports(place):
    """HAProxy to its backend: 101 ephemeral ports, all held."""
    backend(place)
    place.server.sysctl(ip_local_port_range="20000 20100")
    services.haproxy(place.server)
    loads.wrk(place, 200)


# That HAProxy's own range is used up, the kernel cannot confirm. A few ports it takes again too soon.
@case(also=("ephemeral-ports-exhausted", "four-tuple-taken", "connects-failing"),
      at_most={"ephemeral-ports-exhausted": "likely"}, needs=("haproxy", "wrk"), alone=True)
def haproxy_own_range(place):
    """HAProxy with a source port range of its own, used up: no system call fails, nearly all is answered 503."""
    backend(place)
    services.haproxy(place.server, f"server s1 {CLIENT}:9000 source {SERVER}:20000-20100")
    loads.wrk(place, 200)


# 40 and 101 are not 141 of 101: each source address has the range for itself.
@case(finds("ephemeral-ports-exhausted", about=re.escape(f"{CLIENT}:9001"), says_not=r"1[1-9]\d of 101"),
      also=("connects-failing",))
def source_ports(place):
    """Two source addresses, 101 ports: from one of them all are held, from the other 40."""
    run("ip", "-n", place.server.netns, "addr", "add", "192.0.2.3/24", "dev", "zoo0")
    place.server.sysctl(ip_local_port_range="20000 20100")
    place.client.python("serve.py", "silent", 9001)
    place.client.await_port(9001)
    for source, most in ((SERVER, 40), ("192.0.2.3", 150)):
        place.server.python("connects.py", "from_source", source, f"{CLIENT}:9001", most, 5)


@case(finds("ephemeral-ports-exhausted", says="reserved", fix="ip_local_reserved_ports"), cure=sysctls)
def reserved(place):
    """ip_local_reserved_ports covers the whole range: no port is left, though none is held."""
    place.server.sysctl(ip_local_port_range="20000 20999", ip_local_reserved_ports="20000-20999")
    place.server.python("serve.py", "threads", 9000)
    place.server.await_port(9000)
    place.server.python("connects.py", "again", 4, 1, 0, "127.0.0.1:9000")


@case(finds("source-address-unavailable", about="::1", fix="disable_ipv6"), never=NOT_PORTS, quick=True)
def no_ipv6(place):
    """Connects to ::1 while IPv6 is disabled: EADDRNOTAVAIL, and no search for a port."""
    place.server.sysctl(net__ipv6__conf__all__disable_ipv6=1)
    place.server.python("connects.py", "again", 4, 1, 0, f"[::1]:{PORT}")


@case(never=NOT_PORTS)
def healthy_no_ipv6(place):
    """Healthy: clients try ::1, which IPv6 disabled makes fail, and then succeed with 127.0.0.1."""
    place.server.sysctl(net__ipv6__conf__all__disable_ipv6=1)
    services.nginx(place.server)
    place.server.python("connects.py", "fall_back", 5, f"[::1]:{PORT}", f"127.0.0.1:{PORT}")


@case(finds("four-tuple-taken", about="127.0.0.1:9000"), never=NOT_PORTS, quick=True)
def port_taken(place):
    """Sockets bound to ten ports from which connections stand: EADDRNOTAVAIL, and no search."""
    bound(place, 20000, 20009)


@case(finds("four-tuple-taken", about="127.0.0.1:9000"), never=NOT_PORTS)
def port_taken_once(place):
    """The same with one port."""
    bound(place, 45000, 45000)


def bound(place, first, last):
    place.server.python("serve.py", "silent", 9000)
    place.server.await_port(9000)
    place.server.python("connects.py", "bound", "127.0.0.1:9000", first, last)


@case(finds("connects-failing", severity="critical", about=UPSTREAM, says="ECONNREFUSED|refused"),
      never=NOT_PORTS, needs=("haproxy", "wrk"), alone=True)
def upstream_refuses(place):
    """HAProxy's backend, another host, refuses: every request is answered 503."""
    services.haproxy(place.server)
    loads.wrk(place, 50)


@case(finds("connects-failing", about=re.escape("203.0.113.7"), says="ENETUNREACH|no route|network is unreachable"),
      finds("connects-failing", about=re.escape("192.0.2.77"),
            says="EHOSTUNREACH|no route to host|host is unreachable"),
      needs=("curl",))
def no_route(place):
    """Connects fail with ENETUNREACH (no route) and EHOSTUNREACH (nobody answers ARP)."""
    place.server.start("sh", "-c", "while :; do curl -s -m 1 http://203.0.113.7/; curl -s -m 5 http://192.0.2.77/ & "
                       "sleep 0.1; done")
    place.server.python("connects.py", "again", 20, 1, 0, "203.0.113.7:443")


@case(finds("connects-failing", about=r"203\.0\.113\.1\b", says="unreachable|EHOSTUNREACH", fix="route"),
      finds("connects-failing", about=r"203\.0\.113\.65\b", says="prohibit|EACCES", fix="route|rule"),
      finds("connects-failing", about=r"203\.0\.113\.129\b", says="ENETUNREACH|unreachable"), quick=True)
def prohibited(place):
    """Connects fail by local routes: unreachable (EHOSTUNREACH), prohibit (EACCES), and none (ENETUNREACH)."""
    place.server.call("ip", "route", "add", "unreachable", "203.0.113.0/26")
    place.server.call("ip", "route", "add", "prohibit", "203.0.113.64/26")
    place.server.python("connects.py", "again", 20, 1, 0, *(f"203.0.113.{last}:443" for last in (1, 65, 129)))


# tcp_connect() does not hear of it: the SYN is sent again, and nobody answers.
@case(finds("connects-failing", about=UPSTREAM, says="own firewall", fix="nft.*output|output.*nft"))
def output_drop(place):
    """The host's own firewall drops what it sends to the backend at output: connects are given up."""
    backend(place, 0)
    place.server.rule("output", "tcp dport 9000 drop")
    place.server.python("connects.py", "again", 5, 2, 0.3, f"{CLIENT}:9000")


@case(finds("connects-failing", about=UPSTREAM, says="EHOSTUNREACH|ICMP|unreachable"))
def icmp_reject(place):
    """The other host rejects with ICMP, administratively prohibited: EHOSTUNREACH."""
    backend(place, 0)
    place.client.rule("input", "tcp dport 9000 reject with icmp type admin-prohibited")
    place.client.sysctl(icmp_ratelimit=0)
    place.server.python("connects.py", "again", 5, 2, 5, f"{CLIENT}:9000")


@case(finds("connects-failing", severity="critical", about=re.escape("192.0.2.9:443"),
            says="gave up|given up|no answer|not answer|unanswered|nobody answer"), settle=2.5)
def given_up(place):
    """A destination that does not answer: thirty clients give up after 1 s each, no connect succeeds."""
    place.server.call("ip", "neigh", "add", "192.0.2.9", "lladdr", "02:00:00:00:00:01", "dev", "zoo0")
    place.server.python("connects.py", "again", 0, 30, 1, "192.0.2.9:443")


@case(finds("connects-failing", about=re.escape("192.0.2.9:443"),
            says="gave up|given up|no answer|not answer|unanswered|nobody answer"))
def given_up_at_once(place):
    """A proxy that gives each connect up after 250 ms and goes to the next backend, as Envoy does: the first
    one does not answer."""
    backend(place, 0)
    place.server.call("ip", "neigh", "add", "192.0.2.9", "lladdr", "02:00:00:00:00:01", "dev", "zoo0")
    for _ in range(8):
        place.server.python("connects.py", "race", 250, "192.0.2.9:443", f"{CLIENT}:9000")


@case(finds("connects-failing", about=re.escape("192.0.2.9:443"), says="ETIMEDOUT|timed out"), settle=4)
def timed_out(place):
    """A destination that does not answer, two tries a connect (tcp_syn_retries 1): ETIMEDOUT after 3 s."""
    place.server.sysctl(tcp_syn_retries=1)
    place.server.call("ip", "neigh", "add", "192.0.2.9", "lladdr", "02:00:00:00:00:01", "dev", "zoo0")
    place.server.python("connects.py", "again", 0, 30, 0, "192.0.2.9:443")


@case(finds("listener-elsewhere", about=re.escape(f"{SERVER}:{PORT}"), says=re.escape("127.0.0.1")),
      never=("no-listener",), quick=True)
def bound_elsewhere(place):
    """The service listens on 127.0.0.1 only, clients come to another address: refused."""
    place.server.python("serve.py", "short_queue", PORT, 128, "127.0.0.1")
    place.server.await_port(PORT)
    loads.requests(place, 20, 2)


@case(finds("no-listener", about=rf"{PORT}"))
def nobody_listens(place):
    """Clients come to a port where nothing listens, fifty at once: refused."""
    loads.requests(place, 50, 2)


@case()
def healthy_happy_eyeballs(place):
    """Healthy: clients try ::1 first, where nothing listens, and then succeed with 127.0.0.1."""
    services.nginx(place.server, f"listen 127.0.0.1:{PORT}; root {{folder}};")
    place.server.python("connects.py", "fall_back", 5, f"[::1]:{PORT}", f"127.0.0.1:{PORT}")


@case(quick=True)
def healthy_checks(place):
    """Healthy: monitoring looks at three closed ports of this host, and at an open one, once a second."""
    services.nginx(place.server)
    place.server.python("connects.py", "again", 1000, 1, 1, *(f"127.0.0.1:{port}" for port in (7001, 7002, 7003, PORT)))
    loads.requests(place, 5)


@case(most_findings=5, settle=1)
def healthy_scan(place):
    """Healthy: somebody scans 4,000 ports of this host, where nothing listens; the service is not concerned."""
    services.nginx(place.server)
    loads.requests(place, 5)
    place.client.python("connects.py", "scan", SERVER, 10000, 13999, 0.5)
