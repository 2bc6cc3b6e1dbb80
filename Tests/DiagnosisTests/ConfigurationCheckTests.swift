// SPDX-License-Identifier: Apache-2.0
import Foundation
import Model
import Testing

@testable import Diagnosis

/// What is printed for a program, read by that very program: by the check of its configuration, or by
/// asking it what it has understood. None of them serves anybody.
@Suite struct ConfigurationCheckTests {
    private static let listeners = [
        Served.any4, Served.loopback4, Served.loopback6, Served.any6, Served.dual,
    ]

    /// The lines for sockets of each kind of address, at a port that no other test has.
    private func lines(_ process: ProcessFacts, at port: UInt16 = 28_470) throws -> [String] {
        let program = try #require(Served.program(process))
        return Self.listeners.map { listener in
            var listener = listener
            listener.port = port
            return program.backlog(333, of: Served.service([process], at: listener)).line
        }
    }

    private func line(_ process: ProcessFacts) throws -> String { try lines(process)[1] }

    @Test(.needs("nginx")) func nginx() throws {
        let folder = try Scratch()
        let facts = Served.process("nginx")
        let program = try #require(Served.program(facts))
        let keepalive = try #require(program.keepalive(to: "127.0.0.1:9000")).line
        for (index, line) in try lines(facts, at: 28_471).enumerated() {
            let source = program.source(index == 0 ? Fixture.localhost : .ipv6Loopback)?.line ?? ""
            let file = try folder.write(
                "nginx.conf",
                """
                error_log stderr; pid \(folder.path)/pid;
                events {}
                http {
                  access_log off; client_body_temp_path \(folder.path)/b; proxy_temp_path \(folder.path)/p;
                  fastcgi_temp_path \(folder.path)/f; uwsgi_temp_path \(folder.path)/u;
                  scgi_temp_path \(folder.path)/s;
                  upstream backend { server 127.0.0.1:9000; \(keepalive) }
                  server { \(line) location / { \(source) proxy_pass http://backend; } }
                }
                """)
            try check("nginx", "-t", "-c", file)
        }
    }

    @Test(.needs("apache2"), arguments: [("prefork", 300), ("worker", 550), ("event", 550)])
    func apache(module: String, value: Int) throws {
        let folder = try Scratch()
        let child = Served.process("apache2", threads: module == "prefork" ? 1 : 27)
        let family = Served.family(6, of: child)
        let program = try #require(Served.program(child))
        let limits = program.workers(value, of: Served.service(family)).map(\.line)
        let modules = "/usr/lib/apache2/modules"
        let file = try folder.write(
            "apache.conf",
            """
            ServerRoot \(folder.path)
            ServerName localhost
            ErrorLog \(folder.path)/log
            Listen 127.0.0.1:28470
            LoadModule mpm_\(module)_module \(modules)/mod_mpm_\(module).so
            LoadModule authz_core_module \(modules)/mod_authz_core.so
            LoadModule proxy_module \(modules)/mod_proxy.so
            LoadModule proxy_http_module \(modules)/mod_proxy_http.so
            \(try line(child))
            \(limits.joined(separator: "\n"))
            \(try #require(program.keepalive(to: "127.0.0.1:9000")).line)
            """)
        let said = try check("apache2", "-t", "-f", file)
        // Too large a value is only warned of, and made smaller.
        #expect(!said.contains("WARNING") && !said.contains("AH"))
    }

    @Test(.needs("php-fpm")) func phpFPM() throws {
        let folder = try Scratch()
        let facts = Served.process("php-fpm8.2")
        let program = try #require(Served.program(facts))
        let children = program.workers(44, of: Served.service(Served.family(4, of: facts))).map(\.line)
        let file = try folder.write(
            "php-fpm.conf",
            """
            [global]
            error_log = \(folder.path)/log
            [www]
            user = nobody
            listen = 127.0.0.1:28470
            pm = static
            \(try line(facts))
            \(children.joined(separator: "\n"))
            """)
        let said = try check("php-fpm", "-tt", "-y", file)
        #expect(said.contains("listen.backlog = 333") && said.contains("pm.max_children = 44"))
    }

    @Test(.needs("haproxy")) func haproxy() throws {
        let folder = try Scratch()
        let facts = Served.process("haproxy")
        let program = try #require(Served.program(facts))
        for (index, line) in try lines(facts).enumerated() {
            let file = try folder.write(
                "haproxy.cfg",
                """
                defaults
                  mode http
                  timeout connect 5s
                  timeout client 5s
                  timeout server 5s
                frontend f
                  \(line)
                  default_backend b
                backend b
                  \(try #require(program.keepalive(to: "127.0.0.1:9000")).line)
                  \(try #require(program.source(index == 0 ? Fixture.localhost : .ipv6Loopback)).line)
                  server s 127.0.0.1:9000

                """)
            let said = try check("haproxy", "-c", "-f", file)
            #expect(!said.contains("WARNING"))
        }
    }

    @Test(.needs("gunicorn")) func gunicorn() throws {
        let folder = try Scratch()
        try folder.write("app.py", "def app(environment, start): pass\n")
        let facts = Served.process("gunicorn", "gunicorn -w 2 app:app")
        let service = Served.service(Served.family(2, of: facts))
        let workers = try #require(Served.program(facts)?.workers(44, of: service).first).line
        let arguments = (try line(facts) + " " + workers).split(separator: " ").map(String.init)
        let said = try check("gunicorn", arguments + ["--print-config", "--chdir", folder.path, "app:app"])
        #expect(Self.value(of: "backlog", in: said) == "333" && Self.value(of: "workers", in: said) == "44")
    }

    @Test(.needs("uwsgi-core")) func uwsgi() throws {
        let folder = try Scratch()
        let facts = Served.process("uwsgi", "uwsgi -p 2")
        let processes = try #require(
            Served.program(facts)?.workers(44, of: Served.service(Served.family(2, of: facts))).first
        ).line
        let file = try folder.write(
            "uwsgi.ini", "[uwsgi]\nstrict = true\nshow-config = true\n\(try line(facts))\n\(processes)\n")
        // Without a socket it ends: after it has read all of that, or at what it does not know.
        let said = try Started("uwsgi-core", ["--ini", file]).result().said
        #expect(said.contains("listen = 333") && said.contains("processes = 44"))
        #expect(!said.contains("strict mode"))
    }

    @Test(.needs("puma")) func puma() throws {
        let folder = try Scratch()
        let facts = Served.process("puma", threads: 9, names: ["puma srv tp ": 5])
        let threads = try #require(Served.program(facts)?.workers(44, of: Served.service([facts])).first).line
        let file = try folder.write(
            "puma.rb", (try lines(facts) + [threads]).joined(separator: "\n"))
        let said = try check(
            "ruby", "-e",
            "require 'puma'; require 'puma/configuration'; c = Puma::Configuration.new({ config_files: ['\(file)'] }); "
                + "c.load; c.clamp; puts c.options[:max_threads], c.options[:binds].map { |b| URI.parse(b).query }.uniq"
        )
        #expect(said.split(separator: "\n") == ["44", "backlog=333"])
    }

    @Test(.needs("unicorn")) func unicorn() throws {
        let folder = try Scratch()
        let facts = Served.process("unicorn")
        let workers = try #require(
            Served.program(facts)?.workers(44, of: Served.service(Served.family(2, of: facts))).first
        ).line
        let file = try folder.write("unicorn.rb", (try lines(facts) + [workers]).joined(separator: "\n"))
        let said = try check(
            "ruby", "-e",
            "require 'unicorn'; c = Unicorn::Configurator.new(config_file: '\(file)'); "
                + "puts c[:worker_processes], c[:listener_opts].values.map { |o| o[:backlog] }.uniq")
        #expect(said.split(separator: "\n") == ["44", "333"])
    }

    /// It says where it listens, and has IPv4 connections where the socket has them now.
    @Test(.needs("node")) func node() throws {
        let said = try lines(Served.process("node"), at: 28_472).map { line in
            try check(
                "node", "-e",
                "const server = require('net').createServer(); server.on('listening', () => { "
                    + "console.log(server.address().address); server.close() }); \(line)"
            ).split(separator: "\n").last
        }
        #expect(said == ["0.0.0.0", "127.0.0.1", "::1", "::", "::"])
    }

    @Test(.needs("javac")) func java() throws {
        let folder = try Scratch()
        let lines = try lines(Served.process("java")).map { "s = \($0);" }.joined(separator: "\n")
        let file = try folder.write(
            "Lines.java",
            """
            import java.net.*;
            class Lines { static ServerSocket s; static void all() throws Exception {
            \(lines)
            } }
            """)
        try check("javac", "-d", folder.path, file)
    }

    @Test(.needs("redis-server"), .needs("redis-cli")) func redis() throws {
        let folder = try Scratch()
        let file = try folder.write(
            "redis.conf",
            "port 0\nunixsocket \(folder.path)/socket\nsave \"\"\n\(try line(Served.process("redis-server")))\n"
        )
        let server = try Started("redis-server", [file])
        defer { server.end() }
        try server.wait(for: "\(folder.path)/socket")
        let said = try check("redis-cli", "-s", "\(folder.path)/socket", "CONFIG", "GET", "tcp-backlog")
        #expect(said.split(separator: "\n") == ["tcp-backlog", "333"])
    }

    @Test(.needs("memcached"), .needs("python3")) func memcached() throws {
        let folder = try Scratch()
        let arguments = try line(Served.process("memcached")).split(separator: " ").map(String.init)
        let socket = "\(folder.path)/socket"
        let user = geteuid() == 0 ? ["-u", "root"] : []
        let server = try Started("memcached", arguments + user + ["-c", "64", "-s", socket])
        defer { server.end() }
        try server.wait(for: socket)
        let said = try check(
            "python3", "-c",
            "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\(socket)'); "
                + "s.sendall(b'stats settings\\r\\nquit\\r\\n'); print(s.makefile().read())")
        #expect(said.contains("STAT tcp_backlog 333"))
    }

    @Test(.needs("postgres")) func postgres() throws {
        let folder = try Scratch()
        // Twice that is 333 or more.
        try folder.write("postgresql.conf", try line(Served.process("postgres")) + "\n")
        #expect(try check("postgres", "-C", "max_connections", "-D", folder.path).contains("167"))
    }

    @Test(.needs("mariadbd")) func mysql() throws {
        let folder = try Scratch()
        let file = try folder.write("my.cnf", "[mysqld]\n\(try line(Served.process("mariadbd")))\n")
        let user = geteuid() == 0 ? ["--user=root"] : []
        let said = try check("mariadbd", ["--defaults-file=\(file)"] + user + ["--verbose", "--help"])
        #expect(Self.value(of: "back-log", in: said) == "333")
    }

    @Test(.needs("systemd-analyze")) func systemd() throws {
        let folder = try Scratch()
        try folder.write("x.service", "[Service]\nExecStart=/bin/true\n")
        let file = try folder.write(
            "x.socket",
            "[Socket]\nListenStream=127.0.0.1:28470\n\(try line(Served.process("systemd", pid: 1)))\n")
        // What it does not know it only tells.
        #expect(!(try check("systemd-analyze", "verify", file).contains("x.socket:")))
    }

    /// "333" of "back-log    333", "backlog  = 333"
    private static func value(of name: String, in text: String) -> String? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").filter { $0 != "=" }
            if words.first == Substring(name) { return words.last.map(String.init) }
        }
        return nil
    }
}
