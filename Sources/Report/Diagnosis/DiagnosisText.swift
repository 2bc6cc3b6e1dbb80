// SPDX-License-Identifier: Apache-2.0
public import Model

/// What was found, for whoever was woken up for it.
public struct DiagnosisText: Sendable {
    public var style: TextStyle
    /// With an earlier run. `nil`: there is none.
    public var comparison: SavedFindings.Comparison?

    public init(style: TextStyle = TextStyle(), comparison: SavedFindings.Comparison? = nil) {
        self.style = style
        self.comparison = comparison
    }

    public func text(_ report: DiagnosisReport) -> String {
        lines(report).map { $0 + "\n" }.joined()
    }

    /// Lines without their ends.
    public func lines(_ report: DiagnosisReport) -> [String] {
        var lines = wrap(heading(report), indent: 0)
        var number = 0
        var said: Set<String> = []
        for finding in report.findings {
            lines.append("")
            if finding.consequenceOf == nil {
                number += 1
                lines += self.lines(of: finding, mark: "\(number). ", indent: 0)
                for fix in finding.fixes { lines += self.lines(of: fix, indent: 3) }
                said = Set(finding.fixes.map(\.command))
            } else {
                lines += self.lines(of: finding, mark: "└ follows: ", indent: 3)
                lines += rest(finding.fixes.filter { !said.contains($0.command) }, indent: 6)
            }
            lines += ending(of: finding, indent: finding.consequenceOf == nil ? 3 : 6)
        }
        lines.append("")
        lines += footer(report)
        return lines
    }

    private func heading(_ report: DiagnosisReport) -> String {
        let causes = report.findings.filter { $0.consequenceOf == nil && $0.confidence > .possible }.count
        let time = "\(Units.seconds(report.duration)) watched"
        switch causes {
        case 0: return "\(time): nothing found that costs connections"
        case 1: return "\(time): 1 cause found"
        default: return "\(time): \(causes) causes found, the one that costs most first"
        }
    }

    private func lines(of finding: Finding, mark: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        let title =
            "\(mark)\(finding.id.rawValue)  \(Printable.text(finding.subjectText))  "
            + "[\(finding.severity.rawValue), \(finding.confidence.rawValue)]"
            + (comparison?.isNew(finding) == true ? "  NEW" : "")
        let emphasis: TextStyle.Emphasis = finding.severity == .critical ? .bad : .heading
        var lines = [style.paint(style.fit(margin + title), emphasis)]
        let inner = indent + 3
        lines += wrap(sentence(finding.summary), indent: inner)
        for evidence in finding.evidence {
            let counter = evidence.counter.map { ", \($0)" } ?? ""
            lines += wrap(
                "- \(evidence.text)  (\(evidence.source.name)\(counter))", indent: inner, hanging: 2)
        }
        if let impact = impact(finding.impact) {
            lines += wrap("costs: \(impact)", indent: inner, hanging: 7)
        }
        return lines
    }

    private func ending(of finding: Finding, indent: Int) -> [String] {
        var lines = wrap("check: \(finding.check)", indent: indent, hanging: 7)
        if !finding.unsettled.isEmpty {
            lines += wrap("to be sure: \(finding.unsettled)", indent: indent, hanging: 12)
        }
        return lines
    }

    /// What helps if a consequence outlives its cause: the commands alone.
    private func rest(_ fixes: [Fix], indent: Int) -> [String] {
        fixes.flatMap { fix in
            wrap("if it stays: \(fix.what)", indent: indent, hanging: 13)
                + (fix.command.isEmpty
                    ? [] : [String(repeating: " ", count: indent + 13) + Printable.text(fix.command)])
        }
    }

    private func lines(of fix: Fix, indent: Int) -> [String] {
        var lines = wrap("fix: \(fix.what)", indent: indent, hanging: 5)
        // To be copied: never broken.
        if !fix.command.isEmpty {
            lines.append(String(repeating: " ", count: indent + 5) + Printable.text(fix.command))
        }
        if !fix.lasting.isEmpty { lines += wrap("to last: \(fix.lasting)", indent: indent + 5, hanging: 9) }
        if !fix.risk.isEmpty { lines += wrap("risk: \(fix.risk)", indent: indent + 5, hanging: 6) }
        return lines
    }

    /// `nil`: nothing to say.
    private func impact(_ impact: Impact) -> String? {
        var parts: [String] = []
        if impact.failedPerSecond > 0 { parts.append("\(Units.mean(impact.failedPerSecond)) failed") }
        if impact.delayedPerSecond > 0 { parts.append("\(Units.mean(impact.delayedPerSecond)) delayed") }
        guard !parts.isEmpty else { return nil }
        var text = parts.joined(separator: " and ") + " connections a second"
        if let share = impact.share { text += ", \(Units.percent(share)) of all" }
        if impact.delayedPerSecond > 0, let delay = impact.delay {
            text += ", by \(Units.duration(delay)) each"
        }
        return text
    }

    private func footer(_ report: DiagnosisReport) -> [String] {
        var lines: [String] = []
        for entry in comparison?.gone ?? [] {
            lines += wrap(
                "gone since the earlier run: \(entry.id)  \(Printable.text(entry.subject))", indent: 0,
                hanging: 6)
        }
        let healthy = report.healthy.filter { $0 != .elsewhere }
        if !healthy.isEmpty {
            lines += wrap(
                "healthy: \(healthy.map(\.rawValue).joined(separator: ", "))", indent: 0, hanging: 9)
        }
        // Those that miss the same are told together.
        let reasons = Dictionary(grouping: report.notExamined.keys) { report.notExamined[$0] ?? "" }
        for (why, ids) in reasons.sorted(by: { $0.key < $1.key }) {
            let names = ids.map(\.rawValue).sorted().joined(separator: ", ")
            lines += wrap("not examined: \(names): \(Printable.text(why))", indent: 0, hanging: 14)
        }
        for remark in report.remarks { lines += wrap("note: \(remark)", indent: 0, hanging: 6) }
        lines += style.wrap(LossText.diagnosis.line(report.loss))
        if report.findings.contains(where: { $0.confidence > .possible }) {
            lines += wrap("more about a finding: tcpwhy explain \(report.findings[0].id.rawValue)", indent: 0)
        }
        return lines
    }

    private func sentence(_ text: String) -> String {
        Printable.text(text.last == "." ? text : text + ".")
    }

    /// - Parameter hanging: how much further the second line and those after it are indented.
    private func wrap(_ text: String, indent: Int, hanging: Int = 0) -> [String] {
        var narrow = style
        narrow.width = style.width.map { max($0 - indent - hanging, 20) }
        let margin = String(repeating: " ", count: indent)
        return narrow.wrap(Printable.text(text)).enumerated().map { index, line in
            margin + (index == 0 ? "" : String(repeating: " ", count: hanging)) + line
        }
    }
}
