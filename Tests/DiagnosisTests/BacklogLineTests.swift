// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// A line for a longer queue opens nothing that was closed: it has the socket's own address.
@Suite struct BacklogLineTests {
    private static let listeners = [
        Served.any4, Served.loopback4, Served.loopback6, Served.any6, Served.dual,
    ]

    private func lines(_ process: ProcessFacts) throws -> [String] {
        let program = try #require(Served.program(process))
        return Self.listeners.map { program.backlog(512, of: Served.service([process], at: $0)).line }
    }

    @Test func nginx() throws {
        #expect(
            try lines(Served.process("nginx")) == [
                "listen 8080 backlog=512;", "listen 127.0.0.1:8080 backlog=512;",
                "listen [::1]:8080 backlog=512;",
                "listen [::]:8080 backlog=512;", "listen [::]:8080 ipv6only=off backlog=512;",
            ])
    }

    @Test func haproxy() throws {
        #expect(
            try lines(Served.process("haproxy")) == [
                "bind :8080 backlog 512", "bind 127.0.0.1:8080 backlog 512", "bind [::1]:8080 backlog 512",
                "bind [::]:8080 v6only backlog 512", "bind [::]:8080 v4v6 backlog 512",
            ])
    }

    @Test func node() throws {
        #expect(
            try lines(Served.process("node")) == [
                "server.listen({ host: '0.0.0.0', port: 8080, backlog: 512 })",
                "server.listen({ host: '127.0.0.1', port: 8080, backlog: 512 })",
                "server.listen({ host: '::1', port: 8080, backlog: 512 })",
                "server.listen({ host: '::', port: 8080, ipv6Only: true, backlog: 512 })",
                "server.listen({ host: '::', port: 8080, backlog: 512 })",
            ])
    }

    @Test func ruby() throws {
        #expect(
            try lines(Served.process("puma")).prefix(3) == [
                "bind 'tcp://0.0.0.0:8080?backlog=512'", "bind 'tcp://127.0.0.1:8080?backlog=512'",
                "bind 'tcp://[::1]:8080?backlog=512'",
            ])
        #expect(
            try lines(Served.process("unicorn")).prefix(3) == [
                "listen \"0.0.0.0:8080\", backlog: 512", "listen \"127.0.0.1:8080\", backlog: 512",
                "listen \"[::1]:8080\", backlog: 512",
            ])
    }

    /// Java's sockets are IPv6 for an IPv4 address as well.
    @Test func java() throws {
        let mapped = try #require(IPAddress("::ffff:127.0.0.1"))
        let process = Served.process("java", "java Pool")
        let service = Served.service([process], at: Fixture.listener(8080, mapped, inode: 500))
        #expect(
            Served.program(process)?.backlog(512, of: service).line
                == "new ServerSocket(8080, 512, InetAddress.getByName(\"127.0.0.1\"))")
        #expect(try lines(process).last == "new ServerSocket(8080, 512)")
    }

    /// Their setting has no address: it stands somewhere else, or is everyone's.
    @Test(
        arguments: [
            ("apache2", "ListenBacklog 512"), ("php-fpm8.2", "listen.backlog = 512"),
            ("envoy", "tcp_backlog_size: 512"), ("gunicorn", "--backlog 512"), ("uwsgi", "listen = 512"),
            ("redis-server", "tcp-backlog 512"), ("memcached", "-b 512"), ("mariadbd", "back_log = 512"),
            ("systemd", "Backlog=512"),
        ])
    func withoutAnAddress(executable: String, line: String) throws {
        #expect(try lines(Served.process(executable)).allSatisfy { $0 == line })
    }

    @Test func reusedPortsStaySo() throws {
        var listener = Served.loopback4
        listener.isReusePort = true
        let process = Served.process("nginx")
        #expect(
            Served.program(process)?.backlog(512, of: Served.service([process], at: listener)).line
                == "listen 127.0.0.1:8080 reuseport backlog=512;")
    }

    /// What has no such setting has no line that pretends so.
    @Test func sshdAndGoHaveNoSetting() throws {
        #expect(try lines(Served.process("sshd")).allSatisfy(\.isEmpty))
        var go = Served.process("shop")
        go.program.isGo = true
        #expect(try lines(go).allSatisfy(\.isEmpty))
    }

    // MARK: In a finding

    private func overflowing(
        _ process: ProcessFacts, backlog: UInt32, somaxconn: UInt32 = 4096
    ) throws -> Finding {
        var seen = Sick.overflow.withDrops {
            $0.listeners[Served.loopback4] = Fixture.state(
                backlog: backlog, somaxconn: somaxconn, causes: [.acceptQueueFullAtSYN: 300])
            $0.listeners[Fixture.web] = Fixture.state()
            $0.owners[500] = [SocketOwner(pid: process.pid, command: process.command, descriptor: 3)]
        }
        seen.processes[process.pid] = process
        return try #require(seen.report.findings[.acceptQueueOverflow])
    }

    /// listen() gets twice max_connections: 100 of them ask for 200.
    @Test func postgresAsksForTwiceItsConnections() throws {
        let known = try overflowing(Served.process("postgres"), backlog: 200)
        #expect(known.directives["max_connections"] == "256")
        #expect(known.fixes.last?.lasting.contains("listen() gets twice that") == true)
        // It may ask for more than somaxconn lets it have.
        let unknown = try overflowing(Served.process("postgres"), backlog: 128, somaxconn: 128)
        #expect(unknown.directives.isEmpty && unknown.sysctls["net.core.somaxconn"] == "256")
        #expect(unknown.fixes.last?.what.contains("twice max_connections, which should be 128") == true)
    }

    /// nginx asks for 511 unless it is told otherwise: 256 would be less.
    @Test func aValueIsNotBelowTheDefaultWhereSomaxconnHidesIt() throws {
        let hidden = try overflowing(Served.process("nginx"), backlog: 128, somaxconn: 128)
        #expect(hidden.directives["backlog"] == "511" && hidden.sysctls["net.core.somaxconn"] == "256")
        #expect(hidden.fixes.last?.what.contains("unless it asks for as much already") == true)
        #expect(try overflowing(Served.process("nginx"), backlog: 128).directives["backlog"] == "256")
    }

    @Test func goIsStartedAnew() throws {
        var go = Served.process("shop")
        go.program.isGo = true
        let finding = try overflowing(go, backlog: 128, somaxconn: 128)
        #expect(finding.directives.isEmpty && finding.sysctls["net.core.somaxconn"] == "256")
        #expect(finding.fixes.last?.what.hasPrefix("restart shop once net.core.somaxconn is 256") == true)
    }
}
