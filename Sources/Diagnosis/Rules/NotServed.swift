// SPDX-License-Identifier: Apache-2.0
import Model

/// Connections are accepted, and then nobody reads what the clients send: the handshake is
/// well, the queue is empty, and the service does not answer.
struct NotServed: Rule {
    var ids: [FindingID] { [.notServed] }

    /// Fewer may be clients that stopped in the middle.
    private let fewest: UInt64 = 5
    private let leastShare = 0.05
    private let criticalShare = 0.5

    func examine(_ seen: Observation) throws -> [Finding] {
        let drops = try seen.drops.get()
        guard let served = drops.served else {
            throw NotExamined("accepted connections were not looked at")
        }
        return served.sorted { ($0.key.port, $0.key.inode) < ($1.key.port, $1.key.inode) }
            .filter { isNeglected($0.value) }
            .map { finding($0.key, $0.value, seen, drops) }
    }

    private func isNeglected(_ sockets: ServedSockets) -> Bool {
        neglected(sockets) >= max(fewest, UInt64(Double(sockets.all) * leastShare))
    }

    /// What is read and never closed by the service is left open by it, too.
    private func neglected(_ sockets: ServedSockets) -> UInt64 {
        sockets.unread &+ max(sockets.unreadClosed, sockets.leftOpen)
    }

    private func finding(
        _ listener: Listener, _ sockets: ServedSockets, _ seen: Observation, _ drops: DropsInterval
    ) -> Finding {
        let owner = seen.owner(of: listener, in: drops)
        let count = neglected(sockets)
        let share = Double(count) / Double(max(sockets.all, 1))
        let endpoint = EndpointText.of(listener.address, listener.port)
        let isRead = sockets.allUnread == 0
        // It may just not have come to it.
        let isStarved = seen.isStarved(owner)
        return Finding(
            id: .notServed,
            severity: isStarved ? .info : share >= criticalShare && !isRead ? .critical : .warning,
            confidence: isStarved ? .possible : .likely, subject: .listener(listener),
            subjectText: seen.text(of: listener, owner),
            summary: isRead
                ? "\(owner.name) does not close \(Units.exact(count)) connections of \(endpoint) that their "
                    + "clients have closed (CLOSE_WAIT)"
                : "\(owner.name) has accepted \(Units.exact(sockets.all)) connections on \(endpoint) and does "
                    + "not read \(Units.exact(sockets.allUnread)) of them"
                    + (sockets.unreadClosed > 0
                        ? "; the clients of \(Units.exact(sockets.unreadClosed)) have given up" : ""),
            evidence: evidence(sockets) + OwnerEvidence.of(owner, seen),
            impact: Impact(share: share), fixes: fixes(owner, isRead: isRead),
            check:
                "\(seen.prefix(listener.netns))ss -tn state established state close-wait sport = :\(listener.port)",
            unsettled: isStarved
                ? "whether it is the same when a CPU is idle"
                : "the service's own log and its threads: what do they wait for?")
    }

    private func evidence(_ sockets: ServedSockets) -> [Evidence] {
        [
            Evidence(
                "unread_connections", Double(sockets.allUnread),
                "\(Units.exact(sockets.allUnread)) of \(Units.exact(sockets.all)) accepted connections had data "
                    + "that nobody had read, and nothing had come for a second", by: .sampled),
            Evidence(
                "close_wait", Double(sockets.closedByClient),
                "\(Units.exact(sockets.closedByClient)) were closed by the client and not by the service "
                    + "(CLOSE_WAIT)", by: .sampled),
        ]
    }

    private func fixes(_ owner: Owner, isRead: Bool) -> [Fix] {
        let pid = owner.workers.last
        if isRead {
            return [
                Fix(
                    "let \(owner.name) close each connection at whose end it reads 0 bytes: each keeps a "
                        + "descriptor until then", command: pid.map { "ls /proc/\($0)/fd | wc -l" } ?? "")
            ]
        }
        return [
            Fix(
                "find out what \(owner.name) does instead of reading: the stacks of its threads say where they "
                    + "wait", command: pid.map { "cat /proc/\($0)/task/*/stack" } ?? "")
        ]
    }
}
