// SPDX-License-Identifier: Apache-2.0
import Model

/// Which findings follow from others: they go away with these, and so stand under them.
enum Consequences {
    static func link(_ findings: [Finding]) -> [Finding] {
        findings.map { finding in
            var finding = finding
            finding.consequenceOf = root(of: finding, among: findings)?.reference
            return finding
        }
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
        switch finding.id {
        case .acceptQueueOverflow:
            // A longer queue would only make connections wait longer.
            return find(.workersTooFew, where: isSame)
        case .portSearchExpensive where finding.confidence == .possible:
            // A search through a range with no port left tries all of it.
            return find(.ephemeralPortsExhausted, where: isSame)
        case .synQueueOverflow:
            // A handshake that finds the accept queue full stays in the SYN queue.
            return find(.synFlood, where: isSame) ?? find(.workersTooFew, where: isSame)
                ?? find(.acceptQueueOverflow, where: isSame)
        case .firewallDrops where finding.confidence == .possible:
            return find(.conntrackTableFull, where: finding.isNear)
        case .cpuSaturated:
            // Searches that take a tenth of a CPU and more, and floods, are what keeps it busy.
            return find(.portSearchExpensive) { $0.confidence > .possible && $0.severity == .critical }
                ?? find(.synFlood)
        case .connectsFailing:
            return listener(behind: finding, findings)
        case .retransmits:
            // What nobody answers is sent again.
            return drops(behind: finding, findings)
                ?? find(.connectsFailing) { $0.subject.netns == finding.subject.netns && $0.confidence > .possible }
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
