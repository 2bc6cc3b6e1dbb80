# SPDX-License-Identifier: Apache-2.0
"""Packets that are lost, dropped or refused on their way, and connections that stand and are slow."""

import re

import loads
import services
from case import case, finds
from place import FAR_CLIENT, FAR_SERVER, SERVER
from services import PORT

AT_PORT = rf":{PORT}\b"


@case(finds("firewall-drops", about=rf"\b{PORT}\b", fix="nft", fix_not="iptables -"), quick=True)
def nft_drop(place):
    """nft drops the service's port at input."""
    services.nginx(place.server)
    place.server.rule("input", f"tcp dport {PORT} drop")
    loads.requests(place, 50, 5)


# Who rejects answers at once: nobody waits.
@case(finds("firewall-drops", "connects-failing", about=rf"\b{PORT}\b", says_not=r"delay|wait(s|ed)? ", fix="nft"),
      never=("no-listener",))
def nft_reject(place):
    """nft rejects it with a reset: refused at once, by a rule, while the service listens."""
    services.nginx(place.server)
    place.server.rule("input", f"tcp dport {PORT} reject with tcp reset")
    loads.requests(place, 50, 5)


@case(finds("retransmits", about=re.escape(FAR_CLIENT) + "|" + AT_PORT))
def loss(place):
    """2 % loss towards the client, downloads."""
    place.wire(delay=5, loss_to_a=20)
    loads.downloads(place)


@case(finds("retransmits", about=re.escape(FAR_CLIENT) + "|" + AT_PORT))
def mtu_hole(place):
    """Packets of more than 1,400 bytes vanish without ICMP on the way to the client."""
    place.wire(delay=5, largest_to_a=1400)
    loads.downloads(place)


# What limits connections that stand has no id yet: nothing else may be blamed for it.
@case()
def small_receive_buffer(place):
    """tcp_rmem of 32 KiB over 100 ms: 0.2 MB/s, limited by the receive window; nothing is lost."""
    place.wire(delay=50)
    place.server.sysctl(tcp_rmem="4096 16384 32768")
    place.server.python("serve.py", "sink", PORT)
    place.server.await_port(PORT)
    place.client.python("load.py", "upload", FAR_SERVER, PORT)


@case()
def nagle(place):
    """Write, write, read: Nagle waits for the delayed ACK, 40 ms a request; nothing is lost."""
    place.server.python("serve.py", "two_parts", PORT)
    place.server.await_port(PORT)
    place.client.python("load.py", "two_writes", SERVER, PORT, 10)


@case(finds("qdisc-drops", about="zoo0", says="tbf"), also=("retransmits",))
def own_queue(place):
    """The host's own queueing discipline (tbf) drops what it sends."""
    shape(place, "zoo0", "20mbit")
    place.server.python("serve.py", "big", PORT, 2000000)
    place.server.await_port(PORT)
    place.client.python("load.py", "downloads", SERVER, PORT, 2)


@case(finds("qdisc-drops", about=r"\blo\b", says="tbf"), also=("retransmits",))
def own_queue_lo(place):
    """The same on loopback."""
    shape(place, "lo", "2mbit")
    place.server.python("serve.py", "big", PORT, 20000)
    place.server.await_port(PORT)
    place.server.python("load.py", "downloads", "127.0.0.1", PORT, 20)


def shape(place, interface, rate):
    place.server.call(*f"tc qdisc add dev {interface} root tbf rate {rate} burst 16kb limit 20kb".split())
