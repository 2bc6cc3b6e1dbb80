// SPDX-License-Identifier: Apache-2.0
import Model

/// What costs most comes first; what follows from a finding comes right after it.
enum Ranking {
    static func sorted(_ findings: [Finding]) -> [Finding] {
        let there = Set(findings.map(\.reference))
        func follows(_ finding: Finding) -> Bool { finding.consequenceOf.map(there.contains) ?? false }
        // A cause weighs what it costs with all that follows from it.
        var weights: [Finding.Reference: Double] = [:]
        for finding in findings {
            weights[finding.reference, default: 0] += finding.weight
            if let cause = finding.consequenceOf, follows(finding) {
                weights[cause, default: 0] += finding.weight
            }
        }
        func precedes(_ left: Finding, _ right: Finding) -> Bool {
            Self.precedes(left, right, weights[left.reference] ?? 0, weights[right.reference] ?? 0)
        }
        return findings.filter { !follows($0) }.sorted(by: precedes).flatMap { cause in
            [cause] + findings.filter { $0.consequenceOf == cause.reference }.sorted(by: precedes)
        }
    }

    private static func precedes(
        _ left: Finding, _ right: Finding, _ leftWeight: Double, _ rightWeight: Double
    ) -> Bool {
        if (left.confidence == .possible) != (right.confidence == .possible) {
            return right.confidence == .possible
        }
        if left.severity != right.severity { return left.severity > right.severity }
        if leftWeight != rightWeight { return leftWeight > rightWeight }
        if left.confidence != right.confidence { return left.confidence > right.confidence }
        return (left.id.rawValue, left.subjectText) < (right.id.rawValue, right.subjectText)
    }
}

extension Finding {
    /// Seconds that connections lose in a second. One that fails counts as one that waits
    /// a second: so long it waits when a SYN is lost (`TCP_TIMEOUT_INIT`, include/net/tcp.h).
    fileprivate var weight: Double {
        impact.failedPerSecond + impact.delayedPerSecond * Double(impact.delay ?? 0) / 1e9
    }
}
