// SPDX-License-Identifier: Apache-2.0
import Model

@testable import Report

extension FuzzTarget {
    /// What `diagnose --baseline` reads.
    static let baseline = FuzzTarget("baseline") { bytes in
        guard let saved = try? SavedFindings(bytes) else { return }
        // Whatever stood there is written so that it is read again.
        let subjects = saved.entries.map(\.subject)
        let written = DiagnosisJSON.write(report(subjects))
        let lines = written.split(separator: UInt8(ascii: "\n"))
        try holds(lines.count == subjects.count + 1, "a line for each finding, and one for the run")
        try holds(lines.allSatisfy { $0.allSatisfy { $0 >= 0x20 } }, "JSON Lines hold no control characters")
        let again = try SavedFindings(written)
        try holds(again.entries.map(\.subject) == subjects, "what was written is read")
        let comparison = again.compare(report(subjects))
        try holds(comparison.new.isEmpty && comparison.gone.isEmpty, "the same is neither new nor gone")
    }

    private static func report(_ subjects: [String]) -> DiagnosisReport {
        let findings = subjects.map { subject in
            Finding(
                id: .portSearchExpensive, severity: .warning, confidence: .likely, subject: .host,
                subjectText: subject, summary: subject, evidence: [], impact: Impact(), fixes: [],
                check: "\(subject)")
        }
        return DiagnosisReport(
            findings: findings, examined: [], notExamined: [:], remarks: subjects, duration: 1, wallTime: 0,
            loss: Loss())
    }
}
