# SPDX-License-Identifier: Apache-2.0
"""The loads that several cases share; each runs until its case is over."""

from place import FAR_SERVER, LONGEST, SERVER
from services import PORT


def requests(place, clients, timeout_s=5, think_ms=20, host=SERVER, port=PORT):
    """From the client: a new connection for each request."""
    place.client.python("load.py", "requests", host, port, clients, timeout_s, think_ms)


def wrk(place, clients, path="/", *options):
    place.client.start("wrk", "-t1", f"-c{clients}", f"-d{LONGEST}", *options, f"http://{SERVER}:{PORT}{path}")


def close(place, clients, path="/"):
    wrk(place, clients, path, "-H", "Connection: close")


def downloads(place, clients=3):
    """Of 2 MB each, over the far wire."""
    place.server.python("serve.py", "big", PORT, 2000000)
    place.server.await_port(PORT)
    place.client.python("load.py", "downloads", FAR_SERVER, PORT, clients)
