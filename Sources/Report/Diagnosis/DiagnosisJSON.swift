// SPDX-License-Identifier: Apache-2.0
public import Model

/// The lines of `tcpwhy diagnose --json`: a contract with scripts.
public enum DiagnosisJSON {
    /// A line per finding, by rank, and one of the run.
    /// - Parameter comparison: with an earlier run, if there is one.
    public static func write(
        _ report: DiagnosisReport, _ comparison: SavedFindings.Comparison? = nil
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        for finding in report.findings { write(finding, comparison, to: &bytes) }
        writeSummary(report, comparison, to: &bytes)
        return bytes
    }

    private static func write(
        _ finding: Finding, _ comparison: SavedFindings.Comparison?, to bytes: inout [UInt8]
    ) {
        var line = JSONLine(kind: "finding", in: &bytes)
        line.string("id", finding.id.rawValue)
        line.string("severity", finding.severity.rawValue)
        line.string("confidence", finding.confidence.rawValue)
        line.string("subject", finding.subjectText)
        line.string("summary", finding.summary)
        line.objects("evidence", finding.evidence) { line, evidence in
            line.string("name", evidence.name)
            line.number("value", evidence.value)
            line.string("backend", evidence.source.name)
            line.string("counter", evidence.counter)
            line.string("text", evidence.text)
        }
        line.object("impact") { line in
            line.number("failed_per_s", finding.impact.failedPerSecond)
            line.number("delayed_per_s", finding.impact.delayedPerSecond)
            line.number("share", finding.impact.share)
            line.integer("delay_ns", finding.impact.delay)
        }
        line.objects("fix", finding.fixes) { $0.fix($1) }
        line.string("check", finding.check.text)
        line.string("consequence_of", finding.consequenceOf?.id.rawValue)
        line.string("unsettled", finding.unsettled.isEmpty ? nil : finding.unsettled)
        line.integer("netns", finding.subject.netns)
        if let comparison { line.bool("new", comparison.isNew(finding)) }
        line.end(in: &bytes)
    }

    private static func writeSummary(
        _ report: DiagnosisReport, _ comparison: SavedFindings.Comparison?, to bytes: inout [UInt8]
    ) {
        var line = JSONLine(kind: "summary", in: &bytes)
        line.integer("findings", report.findings.count)
        line.strings("examined", report.examined.lazy.map(\.rawValue))
        let missing = report.notExamined.sorted { $0.key.rawValue < $1.key.rawValue }
        line.objects("not_examined", missing) { line, one in
            line.string("id", one.key.rawValue)
            line.string("why", one.value)
        }
        line.strings("remarks", report.remarks)
        if let comparison {
            line.objects("gone", comparison.gone) { line, entry in
                line.string("id", entry.id)
                line.string("subject", entry.subject)
            }
        }
        line.number("duration_s", report.duration)
        line.time("time", seconds: report.wallTime)
        line.object("lost") { line in
            line.integer("ring", report.loss.ring)
            line.integer("table", report.loss.table)
            line.integer("attempt", report.loss.attempt)
            line.integer("missed", report.loss.missedTotal)
            line.integer("not_attributed", report.loss.notAttributed)
        }
        line.missedByProbe(report.loss)
        line.end(in: &bytes)
    }
}

extension JSONLine {
    fileprivate mutating func fix(_ fix: Fix) {
        string("what", fix.what)
        string("command", fix.command.isEmpty ? nil : fix.command)
        string("lasting", fix.lasting.isEmpty ? nil : fix.lasting)
        string("risk", fix.risk.isEmpty ? nil : fix.risk)
        switch fix.setting {
        case .sysctl(let name, let value):
            object("sysctl") { line in
                line.string("name", name)
                line.string("value", value)
            }
        case .directive(let program, let name, let value):
            object("directive") { line in
                line.string("program", program)
                line.string("name", name)
                line.string("value", value)
            }
        case nil: break
        }
    }
}
