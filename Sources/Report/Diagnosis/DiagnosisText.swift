// SPDX-License-Identifier: Apache-2.0
public import Model

/// What was found, for whoever was woken up for it.
public struct DiagnosisText: Sendable {
    public var style: TextStyle
    /// With an earlier run. `nil`: there is none.
    public var comparison: SavedFindings.Comparison?
    /// Every cause and every fix, and what was looked for in vain by name.
    public var isWhole: Bool

    private static let mostCauses = 10
    /// Of one cause.
    private static let mostFixes = 3

    public init(
        style: TextStyle = TextStyle(), comparison: SavedFindings.Comparison? = nil, isWhole: Bool = false
    ) {
        self.style = style
        self.comparison = comparison
        self.isWhole = isWhole
    }

    public func text(_ report: DiagnosisReport) -> String {
        lines(report).map { $0 + "\n" }.joined()
    }

    /// Lines without their ends.
    public func lines(_ report: DiagnosisReport) -> [String] {
        var lines = wrap(heading(report), indent: 0)
        let causes = report.causes
        let shown = isWhole ? causes[...] : causes.prefix(Self.mostCauses)
        for (index, cause) in shown.enumerated() {
            lines.append("")
            lines += self.lines(of: cause, number: index + 1, report)
        }
        if causes.count > shown.count {
            let rest = causes.count - shown.count
            lines += ["", "and \(rest) more cause\(rest == 1 ? "" : "s") (--all shows all)"]
        }
        lines += others(report) + [""]
        lines += footer(report)
        return lines
    }

    private func heading(_ report: DiagnosisReport) -> String {
        let time = "\(Units.seconds(report.duration)) watched"
        switch report.causes.count {
        case 0:
            return
                "\(time): \(report.isClean ? "nothing found that costs connections" : "no likely cause found")"
        case 1: return "\(time): 1 cause found"
        default: return "\(time): \(report.causes.count) causes found, the one that costs most first"
        }
    }

    private func lines(of cause: Finding, number: Int, _ report: DiagnosisReport) -> [String] {
        var lines = self.lines(of: cause, mark: "\(number). ", indent: 0)
        let fixes = isWhole ? cause.fixes[...] : cause.fixes.prefix(Self.mostFixes)
        for fix in fixes { lines += self.lines(of: fix, indent: 3) }
        lines += ending(of: cause, indent: 3)
        let said = Set(cause.fixes.map(\.command))
        for finding in report.findings where finding.consequenceOf == cause.reference {
            lines += follows(finding, besides: said)
        }
        return lines
    }

    /// It goes away with its cause: what it is, in a sentence.
    private func follows(_ finding: Finding, besides said: Set<String>) -> [String] {
        let title = "\(finding.id.rawValue)  \(finding.subjectText)"
        var lines = wrap("└ follows: \(title): \(sentence(finding.summary))", indent: 3, hanging: 2)
        guard isWhole else { return lines }
        lines += evidence(of: finding, indent: 6)
        lines += rest(finding.fixes.filter { !said.contains($0.command) }, indent: 6)
        return lines + ending(of: finding, indent: 6)
    }

    /// What may be, or costs nothing, a line each; where nothing else was found, also where the time goes.
    private func others(_ report: DiagnosisReport) -> [String] {
        let causes = Set(report.causes.map(\.reference))
        let rest = report.findings.filter {
            !causes.contains($0.reference) && !($0.consequenceOf.map(causes.contains) ?? false)
        }
        let others = rest.filter { $0.id != .elsewhere }
        let shown = isWhole ? others[...] : others.prefix(Self.mostCauses)
        var lines: [String] = []
        for finding in rest where finding.id == .elsewhere {
            lines += ["", style.paint(sentence(finding.summary), .heading)]
            lines += evidence(of: finding, indent: 3) + ending(of: finding, indent: 3)
        }
        if !shown.isEmpty { lines.append("") }
        for finding in shown {
            let isNew = comparison?.isNew(finding) == true ? " NEW" : ""
            lines += wrap(
                "\(finding.confidence == .possible ? "possible" : "harmless"):\(isNew) \(finding.id.rawValue)  \(sentence(finding.summary))",
                indent: 0, hanging: 3)
        }
        if others.count > shown.count {
            lines.append(
                "and \(others.count - shown.count) more that cost little or nothing (--all shows all)")
        }
        return lines
    }

    private func lines(of finding: Finding, mark: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        let title =
            "\(mark)\(finding.id.rawValue)  \(finding.subjectText)  "
            + "[\(finding.severity.rawValue), \(finding.confidence.rawValue)]"
            + (comparison?.isNew(finding) == true ? "  NEW" : "")
        let emphasis: TextStyle.Emphasis = finding.severity == .critical ? .bad : .heading
        return [style.paint(style.fit(margin + title), emphasis)]
            + wrap(sentence(finding.summary), indent: indent + 3) + evidence(of: finding, indent: indent + 3)
    }

    private func evidence(of finding: Finding, indent: Int) -> [String] {
        var lines: [String] = []
        for evidence in finding.evidence {
            let counter = evidence.counter.map { ", \($0)" } ?? ""
            lines += wrap(
                "- \(evidence.text)  (\(evidence.source.name)\(counter))", indent: indent,
                hanging: 2)
        }
        if let impact = impact(finding.impact) {
            lines += wrap("costs: \(impact)", indent: indent, hanging: 7)
        }
        return lines
    }

    private func ending(of finding: Finding, indent: Int) -> [String] {
        var lines = check(finding.check, indent: indent)
        if !finding.unsettled.isEmpty {
            lines += wrap("to be sure: \(finding.unsettled)", indent: indent, hanging: 12)
        }
        return lines
    }

    /// Broken or cut within quotes it were another command.
    private func check(_ command: ShellCommand, indent: Int) -> [String] {
        let isQuoted = command.text.utf8.contains { $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\"") }
        guard isQuoted else { return wrap("check: \(command)", indent: indent, hanging: 7) }
        return [String(repeating: " ", count: indent) + style.whole("check: \(command)")]
    }

    /// What helps if a consequence outlives its cause: the commands alone.
    private func rest(_ fixes: [Fix], indent: Int) -> [String] {
        fixes.flatMap { fix in
            wrap("if it stays: \(fix.what)", indent: indent, hanging: 13)
                + (fix.command.isEmpty
                    ? [] : [String(repeating: " ", count: indent + 13) + style.whole(fix.command)])
        }
    }

    private func lines(of fix: Fix, indent: Int) -> [String] {
        var lines = wrap("fix: \(fix.what)", indent: indent, hanging: 5)
        // To be copied: never broken.
        if !fix.command.isEmpty {
            lines.append(String(repeating: " ", count: indent + 5) + style.whole(fix.command))
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
                "gone since the earlier run: \(entry.id)  \(entry.subject)", indent: 0,
                hanging: 6)
        }
        let healthy = report.healthy.filter { $0 != .elsewhere }
        if isWhole, !healthy.isEmpty {
            lines += wrap(
                "looked for and not found: \(healthy.map(\.rawValue).joined(separator: ", "))", indent: 0,
                hanging: 3)
        } else if !healthy.isEmpty {
            let others = "\(healthy.count) other cause\(healthy.count == 1 ? "" : "s")"
            lines += wrap("looked for and not found: \(others) (--all names them)", indent: 0, hanging: 3)
        }
        // Those that miss the same are told together.
        let reasons = Dictionary(grouping: report.notExamined.keys) { report.notExamined[$0] ?? "" }
        for (why, ids) in reasons.sorted(by: { $0.key < $1.key }) {
            let names = ids.map(\.rawValue).sorted().joined(separator: ", ")
            lines += wrap("not examined: \(names): \(why)", indent: 0, hanging: 14)
        }
        for remark in report.remarks { lines += wrap("note: \(remark)", indent: 0, hanging: 6) }
        lines += style.wrap(LossText.diagnosis.line(report.loss))
        if let first = report.causes.first {
            lines += wrap("more about a finding: tcpwhy explain \(first.id.rawValue)", indent: 0)
        }
        return lines
    }

    private func sentence(_ text: String) -> String {
        text.last == "." ? text : text + "."
    }

    /// - Parameter hanging: how much further the second line and those after it are indented.
    private func wrap(_ text: String, indent: Int, hanging: Int = 0) -> [String] {
        var narrow = style
        narrow.width = style.width.map { max($0 - indent - hanging, 20) }
        let margin = String(repeating: " ", count: indent)
        return narrow.wrap(text).enumerated().map { index, line in
            margin + (index == 0 ? "" : String(repeating: " ", count: hanging)) + line
        }
    }
}
