// SPDX-License-Identifier: Apache-2.0
import Model

/// Which findings follow from others: they go away with these, and so stand under them.
enum Consequences {
    static func link(_ findings: [Finding]) -> [Finding] {
        var linked = findings
        for index in linked.indices {
            let cause = root(of: findings[index], among: findings)
            linked[index].consequenceOf = cause?.reference
            // Where cookies keep a flood from harm, what nobody answers of it harms nobody either.
            if let cause, cause.id == .synFlood, cause.severity == .info { linked[index].severity = .info }
        }
        // A cause is as severe as what is sure to follow from it.
        for finding in linked where finding.confidence > .possible {
            guard let cause = finding.consequenceOf else { continue }
            for index in linked.indices
            where linked[index].reference == cause && linked[index].severity < finding.severity {
                linked[index].severity = finding.severity
            }
        }
        return linked
    }

    /// What follows from a consequence follows from its cause: there is one step only.
    private static func root(of finding: Finding, among findings: [Finding]) -> Finding? {
        var causes: [Finding] = []
        var last = finding
        // What is only possible explains nothing that is more.
        while let next = cause(of: last, among: findings), !causes.contains(next), next != finding,
            next.confidence > .possible || finding.confidence == .possible
        {
            causes.append(next)
            last = next
        }
        return causes.last
    }

    private static func cause(of finding: Finding, among findings: [Finding]) -> Finding? {
        func find(_ id: FindingID, where isIt: (Finding) -> Bool = { _ in true }) -> Finding? {
            findings.first { $0.id == id && isIt($0) }
        }
        func isSame(_ other: Finding) -> Bool { other.subject.isSame(as: finding.subject) }
        /// What keeps the socket's owner from taking connections.
        func ownerTrouble(_ isIt: (Finding) -> Bool) -> Finding? {
            let ids: [FindingID] = [
                .ownerStopped, .acceptFails, .cpuThrottled, .workersTooFew, .acceptStalls,
            ]
            return ids.compactMap { find($0, where: isIt) }.first
        }
        switch finding.id {
        case .acceptQueueOverflow:
            // A longer queue would only make connections wait longer.
            return ownerTrouble(isSame)
        case .notServed:
            return ownerTrouble(isSame)
        case .portSearchExpensive where finding.confidence == .possible:
            // A search through a range with no port left tries all of it.
            return find(.ephemeralPortsExhausted, where: isSame)
        case .synQueueOverflow:
            // A handshake that finds the accept queue full stays in the SYN queue.
            return find(.synFlood, where: isSame) ?? ownerTrouble(isSame)
                ?? find(.acceptQueueOverflow, where: isSame)
        case .firewallDrops where finding.confidence == .possible:
            return find(.conntrackTableFull, where: finding.isNear)
        case .cpuSaturated:
            // Searches that take a tenth of a CPU and more, and floods, are what keeps it busy.
            return find(.portSearchExpensive) { $0.confidence > .possible && $0.severity == .critical }
                ?? find(.synFlood)
        case .connectsFailing:
            return listener(behind: finding, findings)
        case .queueLostOnClose:
            return end(of: finding, findings)
        case .retransmits:
            // What nobody answers is sent again.
            return drops(behind: finding, findings) ?? queue(behind: finding, findings)
                ?? find(.synFlood, where: { $0.subject.netns == finding.subject.netns })
                ?? find(.connectsFailing) {
                    $0.subject.netns == finding.subject.netns && $0.confidence > .possible
                }
        default:
            return nil
        }
    }

    /// What keeps the local service from answering that somebody on this machine connects to in vain.
    private static func listener(behind finding: Finding, _ findings: [Finding]) -> Finding? {
        guard case .destination(let destination, _) = finding.subject else { return nil }
        let asked = destination.address.unmapped
        return findings.first { other in
            switch other.subject {
            case .listener(let listener):
                listener.port == destination.port && listener.answers(asked)
                    && (!asked.isLoopback || listener.netns == destination.netns)
            case .port(let port, let netns):
                other.id == .firewallDrops && port == destination.port
                    && (!asked.isLoopback || netns == destination.netns)
            default: false
            }
        }
    }

    /// That the service ended whose queue was lost.
    private static func end(of finding: Finding, _ findings: [Finding]) -> Finding? {
        guard case .listener(let listener) = finding.subject else { return nil }
        return findings.first {
            $0.id == .noListener && $0.subject == .port(listener.port, netns: listener.netns)
                && $0.confidence > .possible
        }
    }

    /// A queueing discipline in the same namespace that drops what is sent again.
    private static func queue(behind finding: Finding, _ findings: [Finding]) -> Finding? {
        // A packet of segmentation offload counts as one drop, and is up to 45 segments of 1,448 bytes
        // (GSO_LEGACY_MAX_SIZE, include/linux/netdevice.h).
        let segments = 45.0
        return findings.first {
            $0.id == .qdiscDrops && $0.subject.netns == finding.subject.netns
                && $0.impact.delayedPerSecond * segments >= finding.impact.delayedPerSecond
        }
    }

    /// What drops so much that it may be what is sent again: in the same namespace first. A client
    /// on this machine has its own, and sends again what was dropped in the service's.
    private static func drops(behind finding: Finding, _ findings: [Finding]) -> Finding? {
        let ids: Set<FindingID> = [
            .conntrackTableFull, .synFlood, .synQueueOverflow, .acceptQueueOverflow, .firewallDrops,
        ]
        let dropping = findings.filter {
            // A dropped packet is sent again once; what waits behind it, a few times more.
            ids.contains($0.id)
                && $0.impact.delayedPerSecond + $0.impact.failedPerSecond
                    >= finding.impact.delayedPerSecond * 0.2
                // Who is rejected sends nothing again.
                && ($0.impact.delayedPerSecond > 0 || ($0.id == .firewallDrops && $0.impact.delay != nil))
        }
        return dropping.max {
            ($0.confidence > .possible ? 1 : 0, finding.isNear($0) ? 1 : 0, $0.impact.delayedPerSecond)
                < ($1.confidence > .possible ? 1 : 0, finding.isNear($1) ? 1 : 0, $1.impact.delayedPerSecond)
        }
    }
}

extension Finding {
    fileprivate func isNear(_ other: Finding) -> Bool {
        guard let there = other.subject.netns, let here = subject.netns else { return true }
        return there == here
    }
}

extension Finding.Subject {
    /// Sockets that share a port are as one here.
    fileprivate func isSame(as other: Finding.Subject) -> Bool {
        guard case .listener(let one) = self, case .listener(let two) = other else { return self == other }
        return one.netns == two.netns && one.address == two.address && one.port == two.port
    }
}
