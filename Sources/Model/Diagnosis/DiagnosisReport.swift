// SPDX-License-Identifier: Apache-2.0

/// What one run came to.
public struct DiagnosisReport: Sendable {
    /// Causes by rank, each followed by what follows from it.
    public var findings: [Finding]
    /// Looked for, and whether found or not, known.
    public var examined: [FindingID]
    /// Could not be looked for, and why.
    public var notExamined: [FindingID: String]
    /// What the reader must know beside the findings.
    public var remarks: [String]
    /// Seconds, by the monotonic clock.
    public var duration: Double
    /// End of the run: seconds since 1970, UTC.
    public var wallTime: Double
    /// What the traces did not see.
    public var loss: Loss

    public init(
        findings: [Finding], examined: [FindingID], notExamined: [FindingID: String],
        remarks: [String] = [], duration: Double, wallTime: Double, loss: Loss
    ) {
        self.findings = findings
        self.examined = examined
        self.notExamined = notExamined
        self.remarks = remarks
        self.duration = duration
        self.wallTime = wallTime
        self.loss = loss
    }

    /// What is no mere possibility, costs something, and follows from nothing else; by rank.
    public var causes: [Finding] {
        let there = Set(findings.map(\.reference))
        return findings.filter {
            $0.confidence > .possible && $0.severity > .info
                && !($0.consequenceOf.map(there.contains) ?? false)
        }
    }

    /// Whether nothing was lost, as far as was examined: no finding, and nothing counted that failed.
    public var isClean: Bool {
        findings.allSatisfy { $0.id == .elsewhere && !$0.evidence.contains(where: \.source.isExact) }
    }

    /// Looked for and not found.
    public var healthy: [FindingID] {
        let found = Set(findings.map(\.id))
        return examined.filter { !found.contains($0) }
    }
}
