// SPDX-License-Identifier: Apache-2.0
import Model

/// Sockets stop listening while connections wait in their accept queues: those are reset.
struct QueueLostOnClose: Rule {
    var ids: [FindingID] { [.queueLostOnClose] }

    /// Of the connections that came to the port: one in a hundred shows in the 99th percentile.
    private let muchOfAll = 0.01
    /// Fewer, unless they are many of those that came, are what any restart costs.
    private let least: UInt64 = 10
    private let leastOfAll = 0.05

    func examine(_ seen: Observation) throws -> [Finding] {
        let drops = try seen.drops.get()
        guard drops.waitBackend != nil else { throw NotExamined("accept queues are not traced here") }
        return ReloadedPort.all(drops).filter { $0.lost > 0 }.map { finding($0, drops, seen) }
    }

    private func finding(_ service: ReloadedPort, _ drops: DropsInterval, _ seen: Observation) -> Finding {
        let owner = seen.owner(of: service.owned, in: drops)
        let endpoint = EndpointText.of(service.listener.address, service.listener.port)
        return Finding(
            id: .queueLostOnClose,
            severity: severity(service), confidence: isMuch(service) ? .certain : .possible,
            subject: .listener(service.listener),
            subjectText: seen.text(of: service.listener, owner),
            summary: seen.often(service.lost, "connection") { $0 ? "is reset" : "are reset" }
                + " in the accept queue of \(endpoint), where \(owner.name) closes "
                + (service.closed == 1 ? "its listening socket" : "\(service.closed) listening sockets")
                + (service.isOpen ? "" : ", and nobody listens there now"),
            evidence: evidence(service, drops, seen),
            impact: Impact(failed: seen.rate(service.lost), share: service.share),
            fixes: fixes(service, owner, drops, seen),
            check: "tcpwhy diagnose -P \(service.listener.port) -d 30",
            unsettled: isMuch(service) ? "" : "how often the service restarts: its log")
    }

    private func isMuch(_ service: ReloadedPort) -> Bool {
        service.lost >= least || service.share >= leastOfAll
    }

    private func severity(_ service: ReloadedPort) -> Severity {
        guard isMuch(service) else { return .info }
        return service.isOpen && service.share >= muchOfAll ? .critical : .warning
    }

    private func evidence(_ service: ReloadedPort, _ drops: DropsInterval, _ seen: Observation) -> [Evidence]
    {
        var evidence = [
            Evidence(
                "lost_on_close_per_s", seen.rate(service.lost),
                "\(Units.exact(service.lost)) connections waited when their listening socket closed; "
                    + "\(Units.exact(service.accepts)) were accepted",
                by: .traced(drops.waitBackend ?? drops.backend))
        ]
        if let migrate = migrates(service, drops, seen), service.isShared {
            evidence.append(
                Evidence(
                    "tcp_migrate_req", Double(migrate),
                    "the port is shared (SO_REUSEPORT); net.ipv4.tcp_migrate_req is \(migrate)", by: .setting)
            )
        }
        return evidence
    }

    /// What `net.ipv4.tcp_migrate_req` is; `nil`: this kernel does not heed it.
    private func migrates(_ service: ReloadedPort, _ drops: DropsInterval, _ seen: Observation) -> Int? {
        guard drops.canMigrate else { return nil }
        return seen.namespaces[service.listener.netns]?.settings.migrateRequests
    }

    private func fixes(
        _ service: ReloadedPort, _ owner: Owner, _ drops: DropsInterval, _ seen: Observation
    ) -> [Fix] {
        guard service.isOpen else { return [stayOpen(owner)] }
        guard service.isShared, migrates(service, drops, seen) == 0 else { return [handOver(owner)] }
        return [
            Fix.sysctl(
                "let what waits go to another socket that listens on the port", "net.ipv4.tcp_migrate_req",
                "1",
                in: service.listener.netns, seen,
                risk: "it helps where another one listens when one closes: start the new before the old ends"),
            handOver(owner),
        ]
    }

    private func handOver(_ owner: Owner) -> Fix {
        Fix(
            "have \(owner.name) keep its listening socket across a reload, or hand it to the process that follows: "
                + "only the last close of a socket ends its queue",
            lasting:
                "a systemd .socket unit; nginx -s reload; HAProxy in master-worker mode with expose-fd listeners; "
                + "SCM_RIGHTS or inheritance over exec in a program of one's own",
            risk: "a process that keeps the socket and no longer accepts makes its connections wait")
    }

    private func stayOpen(_ owner: Owner) -> Fix {
        Fix(
            "take the service out of its clients' reach before \(owner.name) stops, and let it accept until its queue "
                + "is empty; or keep the socket open in a systemd .socket unit",
            lasting: "in the load balancer's configuration, or the unit")
    }
}

/// The sockets that listened at one address in the run, one after the other or together.
private struct ReloadedPort {
    /// The one that lost most.
    let listener: Listener
    /// One whose owner is known; that may be one that lost nothing.
    let owned: Listener
    let lost: UInt64
    let accepts: UInt64
    /// Sockets that closed while connections waited.
    let closed: Int
    /// Whether a socket listens there still.
    let isOpen: Bool
    /// Whether they share the port by SO_REUSEPORT.
    let isShared: Bool

    var share: Double { Double(lost) / Double(max(lost &+ accepts, 1)) }

    static func all(_ drops: DropsInterval) -> [ReloadedPort] {
        struct Place: Hashable {
            let netns: UInt32
            let address: IPAddress
            let port: UInt16
        }
        let places = Dictionary(grouping: drops.listeners) {
            Place(netns: $0.key.netns, address: $0.key.address, port: $0.key.port)
        }
        return places.values.compactMap { ReloadedPort($0, drops.owners) }.sorted {
            ($0.lost, $1.listener.port, $1.listener.netns) > ($1.lost, $0.listener.port, $0.listener.netns)
        }
    }

    /// `nil`: nothing was lost there.
    private init?(_ sockets: [(key: Listener, value: ListenerState)], _ owners: [UInt32: [SocketOwner]]) {
        func lost(_ state: ListenerState) -> UInt64 { state.accepted?.lostOnClose ?? 0 }
        let losers = sockets.filter { lost($0.value) > 0 }
        guard let worst = losers.max(by: { (lost($0.value), $0.key.inode) < (lost($1.value), $1.key.inode) })
        else { return nil }
        listener = worst.key
        let known = sockets.map(\.key).filter { !(owners[$0.inode] ?? []).isEmpty }
        owned = known.contains(worst.key) ? worst.key : known.max { $0.inode < $1.inode } ?? worst.key
        self.lost = losers.reduce(0) { $0 &+ lost($1.value) }
        accepts = sockets.reduce(0) { $0 &+ ($1.value.accepted?.accepts ?? 0) }
        closed = losers.count
        isOpen = sockets.contains { !$0.value.isClosed }
        isShared = sockets.contains { $0.key.isReusePort }
    }
}
