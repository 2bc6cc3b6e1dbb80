// SPDX-License-Identifier: Apache-2.0
import Model

/// Which findings follow from others: they go away with these, and so stand under them.
enum Consequences {
    static func link(_ findings: [Finding]) -> [Finding] {
        findings.map { finding in
            var finding = finding
            finding.consequenceOf = cause(of: finding, among: findings)?.reference
            return finding
        }
    }

    private static func cause(of finding: Finding, among findings: [Finding]) -> Finding? {
        func find(_ id: FindingID, where isIt: (Finding) -> Bool = { _ in true }) -> Finding? {
            findings.first { $0.id == id && isIt($0) }
        }
        func isSame(_ other: Finding) -> Bool { other.subject.isSame(as: finding.subject) }
        func isNear(_ other: Finding) -> Bool {
            guard let there = other.subject.netns, let here = finding.subject.netns else { return true }
            return there == here
        }
        switch finding.id {
        case .acceptQueueOverflow:
            // A longer queue would only make connections wait longer.
            return find(.workersTooFew, where: isSame)
        case .portSearchExpensive where finding.confidence == .possible:
            // A search through a range with no port left tries all of it.
            return find(.ephemeralPortsExhausted, where: isSame)
        case .synQueueOverflow:
            return find(.synFlood, where: isSame)
        case .firewallDrops where finding.confidence == .possible:
            return find(.conntrackTableFull, where: isNear)
        case .retransmits:
            // What is dropped is sent again.
            return find(.conntrackTableFull, where: isNear) ?? find(.synFlood, where: isNear)
                ?? dropping(findings, isNear)
        default:
            return nil
        }
    }

    /// The listening socket that loses most, or what keeps it from accepting.
    private static func dropping(_ findings: [Finding], _ isNear: (Finding) -> Bool) -> Finding? {
        let overflow = findings.filter { $0.id == .acceptQueueOverflow && isNear($0) }
            .max { $0.impact.delayedPerSecond < $1.impact.delayedPerSecond }
        guard let overflow else { return nil }
        return findings.first { $0.id == .workersTooFew && $0.subject.isSame(as: overflow.subject) }
            ?? overflow
    }
}

extension Finding.Subject {
    /// Sockets that share a port are as one here.
    fileprivate func isSame(as other: Finding.Subject) -> Bool {
        guard case .listener(let one) = self, case .listener(let two) = other else { return self == other }
        return one.netns == two.netns && one.address == two.address && one.port == two.port
    }
}
