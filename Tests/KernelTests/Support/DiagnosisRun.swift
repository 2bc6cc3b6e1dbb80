// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What one run of `tcpwhy diagnose --json` printed.
struct DiagnosisRun {
    struct Evidence: Decodable {
        var name: String
        var value: Double
        var backend: String
        var counter: String?
        var text: String

        /// The number that its text begins with.
        var count: Int? { Int(text.prefix { $0.isNumber || $0 == "," }.filter(\.isNumber)) }
    }

    struct Sysctl: Decodable {
        var name, value: String
    }

    struct Fix: Decodable {
        var what: String
        var command: String?
        var sysctl: Sysctl?
    }

    struct Impact: Decodable {
        var failedPerS, delayedPerS: Double
        var share: Double?
    }

    /// A line of kind "finding".
    struct Finding: Decodable {
        var id, severity, confidence, subject, summary, check: String
        var evidence: [Evidence]
        var impact: Impact
        var fix: [Fix]
        var consequenceOf: String?
        var unsettled: String?
        var netns: UInt32?

        func value(_ name: String) -> Double? { evidence.first { $0.name == name }?.value }
        func count(_ name: String) -> Int? { evidence.first { $0.name == name }?.count }
    }

    struct NotExamined: Decodable {
        var id, why: String
    }

    struct Summary: Decodable {
        var findings: Int
        var examined: [String]
        var notExamined: [NotExamined]
        var remarks: [String]
        var durationS: Double
        var lost: [String: Int]
        var missedByProbe: [String: Int]

        /// Packets freed in an interrupt of the very program that counts them.
        var packetsMissed: Int { missedByProbe["btf_dropped"] ?? 0 }
    }

    let findings: [Finding]
    let summary: Summary

    /// Those that are no mere possibility.
    var sure: [Finding] { findings.filter { $0.confidence != "possible" } }

    subscript(id: String) -> Finding? { findings.first { $0.id == id } }

    init(_ output: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var findings: [Finding] = []
        var summaries: [Summary] = []
        for line in output.lines {
            switch line.kind {
            case "f": findings.append(try decoder.decode(Finding.self, from: line))
            case "s": summaries.append(try decoder.decode(Summary.self, from: line))
            default: throw TestFailure("unknown line: \(String(decoding: line, as: UTF8.self))")
            }
        }
        guard let summary = summaries.first, summaries.count == 1, output.lines.last?.kind == "s" else {
            throw TestFailure("\(summaries.count) summaries, or not at the end")
        }
        self.findings = findings
        self.summary = summary
    }

    /// Diagnoses what `body` does in a namespace.
    static func of(
        _ backend: Backend, in namespace: Namespace, _ body: () throws -> Void
    ) throws -> DiagnosisRun {
        let child = try Child([
            Lab.tcpwhy, "diagnose", "-d", "3600", "--json", "--backend", backend.rawValue, "--netns",
            namespace.name,
        ])
        let traces = Lab.wait(400) { child.hasEnded || child.error.contains("watching for") }
        guard traces, !child.hasEnded else {
            throw TestFailure("tcpwhy does not diagnose with \(backend.rawValue): \(child.error)")
        }
        try body()
        child.signal(SIGINT)
        let status = try child.wait()
        guard status == 0 else { throw TestFailure("tcpwhy ended with \(status): \(child.error)") }
        return try DiagnosisRun(child.output)
    }
}
