// SPDX-License-Identifier: Apache-2.0
import Model

/// Connects to a Unix stream socket fail with EAGAIN, since its queue is full: a web server that
/// does not wait answers 502 (nginx to php-fpm, mostly).
struct UnixSocketBacklog: Rule {
    var ids: [FindingID] { [.unixSocketBacklog] }

    private let fewest: UInt64 = 5

    func examine(_ seen: Observation) throws -> [Finding] {
        let ports = try seen.ports.get()
        guard let failed = ports.fullUnixSockets else {
            throw NotExamined("connects to Unix sockets are not traced here")
        }
        let paths = Dictionary(grouping: failed.filter { $0.value > 0 }) { Place($0.key) }
        return paths.sorted { ($0.key.path, $0.key.netns) < ($1.key.path, $1.key.netns) }.compactMap {
            place, rows in
            let count = rows.reduce(0) { $0 &+ $1.value }
            guard count >= fewest else { return nil }
            return finding(place, count, callers: rows.map { ($0.key.command, $0.value) }, seen, ports)
        }
    }

    private struct Place: Hashable {
        let path: String
        let netns: UInt32

        init(_ connect: UnixConnect) {
            path = connect.path
            netns = connect.netns
        }
    }

    private func finding(
        _ place: Place, _ count: UInt64, callers: [(command: String, count: UInt64)], _ seen: Observation,
        _ ports: PortsInterval
    ) -> Finding {
        let callers = callers.sorted { ($0.count, $1.command) > ($1.count, $0.command) }
        let caller = callers.first?.command ?? ""
        let listener = seen.unixListeners.first { $0.path == place.path }
        let owners = listener.flatMap { seen.unixOwners[$0.inode] } ?? []
        let owner = owners.min { $0.pid < $1.pid }
        let program = owner.flatMap { seen.program(of: Set(owners.map(\.pid)), $0.command) }
        let server = owner?.command ?? "whoever listens there"
        return Finding(
            id: .unixSocketBacklog, severity: .critical, confidence: .certain,
            subject: .path(place.path, netns: place.netns),
            subjectText: "\(caller) to \(place.path)\(owner.map { " (\($0.command))" } ?? "")",
            summary:
                seen.often(count, "connect") { $0 ? "fails" : "fail" } + " of \(caller) to the Unix socket "
                + "\(place.path) with EAGAIN: its queue is full"
                + (listener.map { " (backlog \($0.backlog))" } ?? "") + ", \(server) takes them too slowly",
            evidence: evidence(count, listener, seen, ports),
            impact: Impact(failed: seen.rate(count)),
            fixes: fixes(place, listener, server, program, seen), check: "tcpwhy diagnose -d 10")
    }

    private func evidence(
        _ count: UInt64, _ listener: UnixListener?, _ seen: Observation, _ ports: PortsInterval
    ) -> [Evidence] {
        [
            Evidence(
                "unix_connects_failed_per_s", seen.rate(count),
                "\(Units.exact(count)) connects found it full (EAGAIN)", by: .traced(ports.backend))
        ]
            + (listener.map {
                [
                    Evidence(
                        "backlog", Double($0.backlog),
                        "listen() asked for \($0.backlog), or net.core.somaxconn is that",
                        by: .setting),
                    Evidence(
                        "waiting", Double($0.waiting), "\($0.waiting) connections waited in it at the end",
                        by: .sampled),
                ]
            } ?? [])
    }

    private func fixes(
        _ place: Place, _ listener: UnixListener?, _ server: String, _ program: (any ServerProgram)?,
        _ seen: Observation
    ) -> [Fix] {
        guard let listener else {
            return [Fix("give the socket a longer queue, and \(server) more processes to take what waits")]
        }
        let needed = Double(listener.backlog) + Double(max(listener.backlog, 128))
        let value = PowerOfTwo.atLeast(needed, most: 65535)
        var fixes: [Fix] = []
        let somaxconn = seen.namespaces[place.netns]?.settings.somaxconn
        if let somaxconn, Int(somaxconn) < value {
            fixes.append(
                Fix.sysctl(
                    "let queues be as long as \(value)", "net.core.somaxconn", "\(value)", in: place.netns,
                    seen,
                    risk: "none by itself: \(server) must be started anew to ask for more"))
        }
        let setting = program?.backlog(value, ofUnixSocket: place.path)
        fixes.append(
            Fix(
                "have \(server) ask for a queue of \(value), and see that it has workers enough",
                line: setting?.configuration ?? "listen(fd, \(value))",
                lasting: setting?.lasting ?? "in its configuration or source; then restart it",
                risk:
                    "a longer queue helps bursts only: behind a server that is too slow requests wait longer",
                setting: program.flatMap { program in setting?.directive(of: program) })
        )
        return fixes
    }
}
