// SPDX-License-Identifier: Apache-2.0
import Model

/// Sockets that share a port (SO_REUSEPORT) mostly share their sickness, too: one finding for
/// all of them, with the numbers of the worst.
enum SharedPorts {
    static func merge(_ findings: [Finding]) -> [Finding] {
        var groups: [Key: [Finding]] = [:]
        for finding in findings {
            if let key = Key(finding) { groups[key, default: []].append(finding) }
        }
        var told: Set<Key> = []
        return findings.compactMap { finding in
            guard let key = Key(finding), let group = groups[key], group.count > 1 else { return finding }
            return told.insert(key).inserted ? worst(of: group) : nil
        }
    }

    private struct Key: Hashable {
        let id: FindingID
        let netns: UInt32
        let address: IPAddress
        let port: UInt16

        /// `nil`: not of a socket that shares its port.
        init?(_ finding: Finding) {
            guard case .listener(let listener) = finding.subject, listener.isReusePort else { return nil }
            id = finding.id
            netns = listener.netns
            address = listener.address
            port = listener.port
        }
    }

    private static func worst(of group: [Finding]) -> Finding? {
        func cost(_ finding: Finding) -> Double {
            finding.impact.failedPerSecond + finding.impact.delayedPerSecond
        }
        guard var worst = group.max(by: { cost($0) < cost($1) }) else { return nil }
        worst.summary += " (the worst of \(group.count) sockets that share the port)"
        worst.impact.failedPerSecond = group.reduce(0) { $0 + $1.impact.failedPerSecond }
        worst.impact.delayedPerSecond = group.reduce(0) { $0 + $1.impact.delayedPerSecond }
        return worst
    }
}
