# SPDX-License-Identifier: Apache-2.0
"""Services that do well under load: tcpwhy has to leave them alone."""

import loads
import services
from case import case
from place import SERVER
from services import PORT


@case(needs=("nginx", "wrk"), alone=True, quick=True)
def healthy_nginx(place):
    """Healthy: nginx, 100 clients that keep their connections."""
    services.nginx(place.server)
    loads.wrk(place, 100)


@case(needs=("nginx", "wrk"), alone=True)
def healthy_churn(place):
    """Healthy: nginx, a new connection for each request, 100 clients, many TIME_WAIT."""
    services.nginx(place.server)
    loads.close(place, 100)


@case(needs=("nginx",))
def healthy_php(place):
    """Healthy: nginx and php-fpm by a Unix socket, 10 ms a request, children enough."""
    socket = place.folder / "fpm.sock"
    services.PHP(place.server, socket, children=20, milliseconds=10)
    services.nginx_php(place.server, f"unix:{socket}")
    loads.requests(place, 20, 5, 50)


@case(needs=("haproxy", "nginx", "wrk"), alone=True)
def healthy_haproxy(place):
    """Healthy: HAProxy in front of an event loop on another host, new connections to it, 40 clients."""
    place.client.python("serve.py", "loop", 9000, 0, 20)
    place.client.await_port(9000)
    services.haproxy(place.server)
    loads.wrk(place, 40)


@case(needs=("apache2",))
def healthy_apache(place):
    """Healthy: Apache event as it comes, 40 clients with new connections."""
    services.apache(place.server, "event", {})
    loads.requests(place, 40, 5, 50)


@case(needs=("apache2", "wrk"), alone=True)
def healthy_apache_keepalive(place):
    """Healthy: Apache event as it comes, 50 clients that keep their connections."""
    services.apache(place.server, "event", {"MaxKeepAliveRequests": 0})
    loads.wrk(place, 50, "/index.html")


@case(needs=("gunicorn",))
def healthy_gunicorn(place):
    """Healthy: gunicorn, 2 workers with 8 threads, 10 ms a request, 10 clients."""
    services.gunicorn(place.server, "-w", 2, "-k", "gthread", "--threads", 8, milliseconds=10)
    loads.requests(place, 10, 5, 50)


@case(needs=("node",))
def healthy_node(place):
    """Healthy: node, 40 clients with new connections."""
    services.node(place.server)
    loads.requests(place, 40, 5, 50)


@case(needs=("redis-server", "redis-benchmark"), alone=True)
def healthy_redis(place):
    """Healthy: Redis, 50 clients that keep their connections."""
    services.redis(place.server)
    place.client.start("redis-benchmark", "-h", SERVER, "-c", 50, "-t", "get", "-n", 1000000000, "-q")


@case(needs=("redis-server", "redis-benchmark"), alone=True)
def healthy_redis_churn(place):
    """Healthy: Redis, 50 clients, a new connection for each command."""
    services.redis(place.server)
    place.client.start("redis-benchmark", "-h", SERVER, "-c", 50, "-k", 0, "-t", "get", "-n", 1000000000, "-q")


@case(needs=("memcached",))
def healthy_memcached(place):
    """Healthy: memcached, 20 connections that stay, and new ones."""
    services.memcached(place.server)
    place.client.python("load.py", "memcached", SERVER, 11211, 20, 1)
    place.client.python("load.py", "memcached", SERVER, 11211, 5, 0)


@case(needs=("psql",))
def healthy_postgres(place):
    """Healthy: PostgreSQL, ten clients that log in again and again."""
    services.postgres(place.server, 100)
    place.client.python("load.py", "postgres", SERVER, 5432, 10)


@case(needs=("mariadbd",))
def healthy_mariadb(place):
    """Healthy: MariaDB, ten connections that stay, and new ones that say nothing sensible."""
    services.mariadb(place.server, 100)
    place.client.python("load.py", "idle", SERVER, 3306, 10)
    loads.requests(place, 5, 2, 100, port=3306)


@case(needs=("javac",))
def healthy_java(place):
    """Healthy: Java with a pool of 100 threads, 100 ms a request, 40 clients."""
    services.java_pool(place.server, 100, 100)
    loads.requests(place, 40, 5, 50)


@case(needs=("curl",))
def healthy_idle(place):
    """Healthy: a host on which next to nothing happens."""
    services.nginx(place.server)
    place.client.start("sh", "-c", f"while :; do curl -s http://{SERVER}:{PORT}/; sleep 1; done")


@case()
def healthy_downloads(place):
    """Healthy: downloads over a link of 20 ms without loss."""
    place.wire(delay=10)
    loads.downloads(place)


@case(needs=("nginx",))
def healthy_long(place):
    """Healthy: 200 connections that stay and say nothing, beside a few that do."""
    services.nginx(place.server)
    place.client.python("load.py", "idle", SERVER, PORT, 200)
    loads.requests(place, 5)


@case(needs=("nginx",))
def healthy_restart(place):
    """Healthy: nginx is restarted while clients come: a moment in which nothing listens."""
    services.nginx(place.server)
    loads.requests(place, 5)
    nginx = f"nginx -c {place.folder}/nginx.conf -e {place.folder}/nginx.log"
    place.server.start("sh", "-c", f"sleep 4; {nginx} -s stop; sleep 0.2; exec {nginx}")
