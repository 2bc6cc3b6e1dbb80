# SPDX-License-Identifier: Apache-2.0
"""Real services, each started in a host of the place with a configuration of its own. They are up when these return."""

import os
import pathlib
import pwd

from place import CLIENT, PROGRAMS, Failed, run

PORT = 8080
POSTGRES_BINARIES = "/usr/lib/postgresql/*/bin"


def nginx(host, server=f"listen {PORT}; root {{folder}};", main="", workers=2):
    """`server`: what stands in its server block; a page of 3 bytes and one of 10,000 are there."""
    folder = host.place.folder
    host.place.file("index.html", "ok\n")
    host.place.file("k10", "x" * 10000)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in kinds)
    configuration = host.place.file(
        "nginx.conf", f"daemon off; worker_processes {workers}; user nobody nogroup; pid {folder}/nginx.pid; {main}\n"
        f"error_log {folder}/nginx.log;\nevents {{ worker_connections 2048; }}\n"
        f"http {{ access_log off; keepalive_requests 1000000; {paths}\n"
        f"server {{ {server.replace('{folder}', str(folder))} }} }}\n")
    process = host.start("nginx", "-c", configuration, "-e", folder / "nginx.log")
    host.await_port(PORT)
    return process


class PHP:
    """A pool of php-fpm, whose one page sleeps, or computes; `listen` as in its configuration."""

    def __init__(self, host, listen, **settings):
        self.host, self.listen = host, listen
        self.settings = {"children": 20, "backlog": 511, "milliseconds": 0, "cpu_milliseconds": 0} | settings
        # Debian has the version in the name.
        binaries = sorted(pathlib.Path("/usr/sbin").glob("php-fpm*[0-9]"))
        if not binaries:
            raise Failed("no php-fpm in /usr/sbin")
        self.binary = binaries[-1]
        self.start()

    def start(self):
        folder = self.host.place.folder
        self.host.place.file("page.php", f"""<?php
function spent() {{ $use = getrusage(); return $use['ru_utime.tv_sec'] * 1e3 + $use['ru_utime.tv_usec'] / 1e3; }}
for ($end = spent() + {self.settings['cpu_milliseconds']}; spent() < $end;) hash('sha256', 'x');
usleep({self.settings['milliseconds'] * 1000});
echo 'ok';
""")
        configuration = self.host.place.file("php-fpm.conf", f"""[global]
error_log = {folder}/php-fpm.log
[zoo]
user = nobody
group = nogroup
listen = {self.listen}
listen.mode = 0666
listen.backlog = {self.settings['backlog']}
pm = static
pm.max_children = {self.settings['children']}
""")
        self.process = self.host.start(self.binary, "--nodaemonize", "--fpm-config", configuration)
        if str(self.listen).startswith("/"):
            self.host.place.wait(pathlib.Path(self.listen).exists, self.listen)
        else:
            self.host.await_port(self.listen.rpartition(":")[2])

    def restart(self, **settings):
        self.settings |= settings
        self.process.terminate()
        self.process.wait()
        self.start()


def nginx_php(host, upstream, **options):
    folder = host.place.folder
    nginx(host, f"listen {PORT}; location / {{ include /etc/nginx/fastcgi_params; "
          f"fastcgi_param SCRIPT_FILENAME {folder}/page.php; fastcgi_pass {upstream}; }}", **options)


def haproxy(host, backend=f"server s1 {CLIENT}:9000", keep=False):
    """`backend`: the lines of its backend section; a new connection for each request unless `keep`."""
    configuration = host.place.file("haproxy.cfg", f"""global
  maxconn 4000
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
  retries 0
frontend f
  bind :{PORT}
  default_backend b
backend b
  {'' if keep else 'option httpclose'}
  {backend}
""")
    host.start("haproxy", "-db", "-f", configuration)
    host.await_port(PORT)


def apache(host, mpm, settings, proxy=None):
    """`mpm`: event or prefork; `settings`: its directives, a dict."""
    folder, modules = host.place.folder, "/usr/lib/apache2/modules"
    host.place.file("index.html", "ok\n")
    loaded = [f"mpm_{mpm}", "authz_core"] + (["proxy", "proxy_http"] if proxy else [])
    lines = [f"LoadModule {name}_module {modules}/mod_{name}.so" for name in loaded]
    lines += [f"{name} {value}" for name, value in settings.items()]
    lines += [f"ProxyPass / http://{proxy}/"] if proxy else []
    configuration = host.place.file("apache.conf", "\n".join([
        f"ServerRoot {folder}", f"PidFile {folder}/apache.pid", "ServerName zoo", f"Listen {PORT}", "User nobody",
        "Group nogroup", f"DocumentRoot {folder}", f"ErrorLog {folder}/apache.log", *lines]) + "\n")
    host.start("apache2", "-f", configuration, "-DFOREGROUND")
    host.await_port(PORT)


def gunicorn(host, *options, milliseconds=0):
    # Nobody's python in PATH: Debian's gunicorn is for Debian's.
    host.start("env", f"ZOO_MS={milliseconds}", "PYTHONDONTWRITEBYTECODE=1", "/usr/bin/python3", "/usr/bin/gunicorn",
               "-b", f"0.0.0.0:{PORT}", *options, "app:app", cwd=PROGRAMS)
    host.await_port(PORT)


def node(host, blocked_ms=0):
    host.start("node", PROGRAMS / "server.js", PORT, blocked_ms)
    host.await_port(PORT)


def java_pool(host, threads, milliseconds):
    host.start("java", PROGRAMS / "Pool.java", PORT, threads, milliseconds)
    host.await_port(PORT, seconds=40)


def redis(host, *options):
    host.start("redis-server", "--port", 6379, "--bind", host.address, "--protected-mode", "no", "--save", "",
               "--daemonize", "no", "--enable-debug-command", "yes", *options)
    host.await_port(6379)


def memcached(host, *options):
    host.start("memcached", "-u", "nobody", "-l", host.address, "-p", 11211, *options)
    host.await_port(11211)


def as_user(name, *command):
    return ["setpriv", f"--reuid={name}", f"--regid={pwd.getpwnam(name).pw_gid}", "--init-groups", "--", *command]


def postgres(host, connections):
    """Initialised anew: a few seconds."""
    binaries = sorted(pathlib.Path("/").glob(POSTGRES_BINARIES[1:]))
    if not binaries:
        raise Failed(f"no {POSTGRES_BINARIES}")
    data = host.place.folder / "postgres"
    data.mkdir()
    os.chown(data, pwd.getpwnam("postgres").pw_uid, -1)
    run(*map(str, as_user("postgres", binaries[-1] / "initdb", "--auth=trust", "--no-sync", "-D", data)))
    with open(data / "pg_hba.conf", "a") as rules:
        rules.write("host all all 0.0.0.0/0 trust\n")
    settings = {"max_connections": connections, "superuser_reserved_connections": 1, "max_wal_senders": 0,
                "unix_socket_directories": data, "fsync": "off", "dynamic_shared_memory_type": "mmap"}
    host.start(*as_user("postgres", binaries[-1] / "postgres", "-D", data, "-h", host.address,
                        *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))))
    host.await_port(5432)


def mariadb(host, connections):
    """Without tables of its own, which nobody needs who does not log in."""
    data = host.place.folder / "mariadb"
    data.mkdir()
    os.chown(data, pwd.getpwnam("nobody").pw_uid, -1)
    host.start("mariadbd", "--no-defaults", f"--datadir={data}", "--user=nobody", "--skip-grant-tables",
               "--innodb-buffer-pool-size=8M", f"--bind-address={host.address}", "--port=3306",
               f"--socket={data}/socket", f"--max-connections={connections}", "--connect-timeout=300")
    host.await_port(3306)
