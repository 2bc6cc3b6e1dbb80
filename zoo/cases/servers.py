# SPDX-License-Identifier: Apache-2.0
"""Services whose owner is what connections wait for: too few workers, none at all, or workers that stand still."""

import os
import re
import signal

import loads
import services
from case import case, finds
from place import BUILT, CLIENT, SERVER
from services import PORT

AT_PORT = rf":{PORT}\b"


def reconfigured_php(place, fix):
    """Applies a setting of the pool."""
    directive = fix.get("directive") or {}
    settings = {"pm.max_children": "children", "listen.backlog": "backlog"}
    if directive.get("program") != "php-fpm" or directive["name"] not in settings or not directive["value"].isdigit():
        return False
    place.php.restart(**{settings[directive["name"]]: int(directive["value"])})
    return True


def continued(place, fix):
    """kill -CONT, of processes of this place only."""
    match = re.fullmatch(r"kill -CONT((?: \d+)+)", fix["command"] or "")
    pids = [int(pid) for pid in match[1].split()] if match else []
    if not pids or not set(pids) <= set(place.server.pids()):
        return False
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    return True


@case(finds("workers-too-few", about=f"{AT_PORT}.*apache", fix="MaxRequestWorkers", above={"MaxRequestWorkers": 4}),
      also=("accept-queue-overflow",), needs=("apache2", "wrk"), alone=True)
def apache_prefork(place):
    """Apache prefork, MaxRequestWorkers 4, keepalive: 46 of 50 clients wait."""
    services.apache(place.server, "prefork", {
        "StartServers": 4, "MinSpareServers": 4, "MaxSpareServers": 4, "MaxRequestWorkers": 4,
        "KeepAlive": "On", "KeepAliveTimeout": 5})
    loads.wrk(place, 50, "/index.html")


@case(finds("workers-too-few", about=f"{AT_PORT}.*apache", fix="MaxRequestWorkers",
            above={"MaxRequestWorkers": 150, "ServerLimit": 6}), also=("accept-queue-overflow",), needs=("apache2",))
def apache_event(place):
    """Apache event, MaxRequestWorkers 150, all busy (the backend takes 2 s), 250 clients."""
    place.client.python("serve.py", "loop", 9000, 0, 2000)
    services.apache(place.server, "event", {
        "StartServers": 6, "ThreadsPerChild": 25, "MaxRequestWorkers": 150, "MinSpareThreads": 25,
        "MaxSpareThreads": 150}, proxy=f"{CLIENT}:9000")
    loads.requests(place, 250, 30)


@case(finds("workers-too-few", about=f"{AT_PORT}.*gunicorn", fix="--workers|-w ", above={"(?:--workers|-w)": 2}),
      needs=("gunicorn", "wrk"))
def gunicorn_sync(place):
    """gunicorn, 2 sync workers, 100 ms a request, 60 clients."""
    services.gunicorn(place.server, "-w", 2, milliseconds=100)
    loads.wrk(place, 60)


# A pool of the program's own: no setting of Tomcat's or another server's is known to be its.
@case(finds("workers-too-few", about=f"{AT_PORT}.*java", above={"maxThreads": 100, "max-threads": 100}),
      also=("accept-queue-overflow",), needs=("javac",))
def java_threads(place):
    """Java with a pool of 100 threads, all busy (1 s a request), 250 clients."""
    services.java_pool(place.server, 100, 1000)
    loads.requests(place, 250, 10)


@case(finds("workers-too-few", about=r"php-fpm", fix=r"pm\.max_children", above={r"pm\.max_children": 3}),
      needs=("nginx",), cure=reconfigured_php)
def php_children(place):
    """php-fpm with 3 children behind nginx, 50 ms a request, 30 clients."""
    place.php = services.PHP(place.server, "127.0.0.1:9000", children=3, milliseconds=50)
    services.nginx_php(place.server, "127.0.0.1:9000")
    loads.requests(place, 30)


@case(also=("workers-too-few", "accept-stalls", "accept-queue-overflow", "cpu-saturated"), no_fix=r"max_children\W+\d",
      needs=("nginx",), alone=True)
def php_computes(place):
    """php-fpm with 8 children that compute for 20 ms a request, 60 clients: the CPUs are full, more children would
    not help."""
    place.php = services.PHP(place.server, "127.0.0.1:9000", children=8, cpu_milliseconds=20)
    services.nginx_php(place.server, "127.0.0.1:9000")
    loads.requests(place, 60)


# Either is true of a loop that sleeps; that it is busy is not.
@case(finds("accept-stalls", "workers-too-few", about=AT_PORT, says_not=r"uses a whole CPU|out of CPU"),
      also=("accept-queue-overflow", "retransmits"))
def loop_blocked(place):
    """An event loop that sleeps 200 ms in each request: it is idle, not busy, and accepts nothing meanwhile."""
    blocked_loop(place, 200, 300)


@case(finds("accept-stalls", "workers-too-few", about=AT_PORT, says_not=r"uses a whole CPU|out of CPU"))
def loop_blocked_few(place):
    """The same, 400 ms, with five clients: no queue is ever full."""
    blocked_loop(place, 400, 5)


def blocked_loop(place, milliseconds, clients):
    place.server.python("serve.py", "loop", PORT, milliseconds)
    place.server.await_port(PORT)
    loads.requests(place, clients)


@case(finds("accept-stalls", "workers-too-few", about=f"{AT_PORT}.*(node|MainThread)"), needs=("node",))
def node_blocked(place):
    """The same with node: a synchronous wait of 100 ms in each request."""
    services.node(place.server, blocked_ms=100)
    loads.requests(place, 10)


REDIS = ("redis-server", "redis-benchmark")
REDIS_STALLS = "while :; do redis-cli -h {} debug sleep 0.5 >/dev/null; sleep 0.1; done"


@case(finds("accept-stalls", about=":6379.*redis"), never=("workers-too-few",), needs=REDIS, alone=True)
def redis_stalls(place):
    """Redis stalls for 0.5 s of each 0.6 s: new connections wait 0.5 s at p99, though the median is short."""
    redis_that_stalls(place, keep=0)


@case(also=("accept-stalls",), never=("workers-too-few",), needs=REDIS, alone=True)
def redis_sleeps(place):
    """The same over connections that stay: the service does not answer, TCP is fine."""
    redis_that_stalls(place, keep=1)


def redis_that_stalls(place, keep):
    services.redis(place.server)
    place.client.start("redis-benchmark", "-h", SERVER, "-c", 50, "-k", keep, "-t", "get", "-n", 100000000, "-q")
    place.client.start("sh", "-c", REDIS_STALLS.format(SERVER))


@case(needs=("psql",), alone=True)
def postgres_full(place):
    """PostgreSQL, max_connections reached: it refuses after accept, with a message; TCP is fine."""
    services.postgres(place.server, 10)
    for _ in range(10):
        place.client.start("psql", "-h", SERVER, "-U", "postgres", "-c", "select pg_sleep(100)")
    place.client.python("load.py", "postgres", SERVER, 5432, 20)


@case(needs=("mariadbd",))
def mariadb_full(place):
    """MariaDB, max_connections reached: it refuses after accept, with a message; TCP is fine."""
    services.mariadb(place.server, 10)
    place.client.python("load.py", "idle", SERVER, 3306, 20)
    loads.requests(place, 20, 2, 50, port=3306)


@case(needs=("memcached",))
def memcached_full(place):
    """memcached at its limit of connections (-c 50): it answers with an error and closes; TCP is fine."""
    services.memcached(place.server, "-c", 50, "-t", 1)
    place.client.python("load.py", "memcached", SERVER, 11211, 50, 1)
    place.client.python("load.py", "memcached", SERVER, 11211, 20, 0)


@case(finds("accept-queue-overflow", "workers-too-few", "not-served", about=":11211.*memcached", fix=r"-c\b"),
      also=("accept-stalls", "syn-queue-overflow"), needs=("memcached",))
def memcached_closed(place):
    """memcached at its limit of connections, with no_maxconns_fast: it accepts no more, the rest waits in its queue."""
    services.memcached(place.server, "-c", 50, "-t", 1, "-o", "no_maxconns_fast")
    place.client.python("load.py", "memcached", SERVER, 11211, 50, 1)
    place.client.await_connections(11211, 40)
    place.client.python("load.py", "memcached", SERVER, 11211, 20, 0)


@case(finds("accept-fails", severity="critical", least="certain", about=AT_PORT, says="EMFILE",
            fix="LimitNOFILE|ulimit|prlimit|RLIMIT_NOFILE"), also=("accept-queue-overflow", "workers-too-few"))
def emfile(place):
    """A server out of file descriptors: accept() fails with EMFILE."""
    place.server.python("serve.py", "descriptors", PORT)
    place.server.await_port(PORT)
    loads.requests(place, 200, 10)


@case(finds("accept-fails", severity="critical", least="certain", about=f"{AT_PORT}.*nginx", says="EMFILE",
            fix="worker_rlimit_nofile", above={"worker_rlimit_nofile": 30}),
      also=("accept-queue-overflow", "workers-too-few"), quick=True)
def emfile_nginx(place):
    """nginx with worker_rlimit_nofile 30: accept() fails with EMFILE."""
    services.nginx(place.server, f'listen 127.0.0.1:{PORT} backlog=64; location / {{ return 200 "ok"; }}',
                   main="worker_rlimit_nofile 30;", workers=1)
    place.server.python("connects.py", "many_open", f"127.0.0.1:{PORT}", 200, 10)


@case(finds("accept-fails", least="certain", about=AT_PORT, says="EMFILE"),
      also=("accept-queue-overflow", "workers-too-few", "not-served"), settle=4)
def leak(place):
    """A server that forgets to close: CLOSE_WAIT piles up until its descriptors are used up."""
    place.server.python("serve.py", "leak", PORT)
    place.server.await_port(PORT)
    loads.requests(place, 50, 10)


@case(finds("not-served", about=AT_PORT), also=("workers-too-few",), quick=True)
def never_answers(place):
    """A server that accepts and never reads or answers; its clients give up after 1 s."""
    place.server.python("serve.py", "silent", PORT)
    place.server.await_port(PORT)
    loads.requests(place, 50, 1)


@case(finds("owner-stopped", severity="critical", about=f"{AT_PORT}.*nginx", says=r"\bT\b|stopped",
            fix="kill -CONT|SIGCONT"),
      also=("accept-queue-overflow",), never=("workers-too-few",), cure=continued, quick=True)
def stopped(place):
    """nginx stopped by SIGSTOP: nothing is accepted."""
    services.nginx(place.server)
    loads.requests(place, 20)
    for pid in place.server.pids_of("nginx"):
        os.kill(pid, signal.SIGSTOP)


@case(finds("owner-stopped", severity="critical", about=f"{AT_PORT}.*nginx", says="frozen|froze",
            fix="THAWED|thaw|cgroup.freeze"),
      also=("accept-queue-overflow",), never=("workers-too-few",))
def frozen(place):
    """nginx frozen by its cgroup: nothing is accepted."""
    services.nginx(place.server)
    loads.requests(place, 20)
    group = place.cgroup("freezer")
    for pid in place.server.pids_of("nginx"):
        (group / "cgroup.procs").write_text(str(pid))
    for name, value in (("freezer.state", "FROZEN"), ("cgroup.freeze", "1")):
        if (group / name).exists():
            (group / name).write_text(value)


@case(finds("cpu-throttled", about="nginx", says="5 %|5%|throttl", fix=r"cfs_quota|cpu\.max|CPUQuota"),
      also=("accept-stalls", "accept-queue-overflow"), never=("workers-too-few",), needs=("wrk",))
def cpu_quota(place):
    """nginx under a CPU quota of 5 % of one CPU."""
    services.nginx(place.server)
    group = place.cgroup("cpu", cpu__cfs_period_us="100000", cpu__cfs_quota_us="5000", cpu__max="5000 100000")
    for pid in place.server.pids_of("nginx"):
        (group / "cgroup.procs").write_text(str(pid))
    loads.close(place, 50, "/k10")


@case(needs=("haproxy", "wrk"))
def haproxy_maxconn(place):
    """HAProxy with maxconn 5 to its server: requests wait inside HAProxy, TCP is fine."""
    place.client.python("serve.py", "loop", 9000, 0, 200)
    services.haproxy(place.server, f"server s1 {CLIENT}:9000 maxconn 5", keep=True)
    loads.wrk(place, 100)


@case()
def healthy_uring(place):
    """Healthy: a server that accepts by io_uring, and clients that connect by it; nothing hangs."""
    place.server.start(BUILT / "uring", "accept", 9000, 1000)
    place.server.await_port(9000)
    place.server.start(BUILT / "uring", "connect", 9000, 10000)
    place.server.python("connects.py", "again", 60, 1, 0, *["127.0.0.1:9000"] * 12)


@case()
def healthy_mptcp(place):
    """Healthy: a server and clients that speak MPTCP."""
    place.server.python("serve.py", "threads", PORT, 0, 262)
    place.server.await_port(PORT)
    for _ in range(4):
        place.client.python("connects.py", "mptcp", f"{SERVER}:{PORT}", 10)


@case()
def healthy_fast_open(place):
    """Healthy: clients whose requests come with the SYN (TCP fast open)."""
    for host in (place.server, place.client):
        host.sysctl(tcp_fastopen=3)
    place.server.python("serve.py", "threads", PORT, 0, 0, 256)
    place.server.await_port(PORT)
    for _ in range(4):
        place.client.python("connects.py", "fast_open", f"{SERVER}:{PORT}", 10)
