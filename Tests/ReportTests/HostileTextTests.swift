// SPDX-License-Identifier: Apache-2.0
import Foundation
import Model
import Seeded
import Testing

@testable import Report

/// Whatever things are called, a report is lines of text, and of JSON.
@Suite struct HostileTextTests {
    /// Lines, in our own styles, and nothing else.
    private func expectFit(_ text: String, _ name: String) {
        let plain = ["\u{1B}[1m", "\u{1B}[31m", "\u{1B}[0m"].reduce(text) { $0.replacing($1, with: "") }
        let unfit = plain.unicodeScalars.filter(HostileNames.isUnfit)
        #expect(unfit.isEmpty, "\(unfit.map(\.value)) in what is said of \(name.debugDescription.prefix(99))")
    }

    private func objects(_ bytes: [UInt8]) throws -> [[String: Any]] {
        expectFit(String(decoding: bytes, as: UTF8.self), "JSON")
        return try bytes.split(separator: UInt8(ascii: "\n")).map {
            try #require(try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any])
        }
    }

    private func isSame(_ value: Any?, _ name: String) -> Bool {
        // Scalar by scalar: == would take canonical equivalents as equal.
        (value as? String).map { Array($0.unicodeScalars) == Array(name.unicodeScalars) } ?? false
    }

    private func report(_ name: String) -> DiagnosisReport {
        let fix = Fix(
            name, command: "systemctl restart \(operand: name)", lasting: name, risk: name,
            setting: .directive(program: name, name: name, value: name))
        let cause = Finding(
            id: .workersTooFew, severity: .critical, confidence: .certain,
            subject: .process(name, netns: 1), subjectText: name, summary: name,
            evidence: [Evidence(name, 1, name, by: .counter, counter: name)],
            impact: Impact(failed: 1), fixes: [fix], check: "tcpwhy ports -c \(name)", unsettled: name)
        var follows = cause
        follows.id = .acceptQueueOverflow
        follows.consequenceOf = cause.reference
        var possible = cause
        possible.id = .retransmits
        possible.confidence = .possible
        var elsewhere = possible
        elsewhere.id = .elsewhere
        var report = DiagnosisSample.report([cause, follows, possible, elsewhere])
        report.notExamined = [.cpuSaturated: name]
        report.remarks = [name]
        report.loss.missed = [name: 1]
        return report
    }

    @Test(arguments: HostileNames.all) func findings(name: String) throws {
        let report = report(name)
        let comparison = SavedFindings.Comparison(new: [], gone: [.init(id: name, subject: name)])
        for (width, isWhole) in [(nil, false), (nil, true), (20, true), (80, true), (80, false)] {
            for colour in [false, true] {
                let text = DiagnosisText(
                    style: TextStyle(width: width, colour: colour), comparison: comparison, isWhole: isWhole)
                expectFit(text.text(report), name)
                // A name makes no line of its own.
                let same = text.lines(self.report("x"))
                if width == nil { #expect(text.lines(report).count == same.count) }
            }
        }
        let lines = try objects(DiagnosisJSON.write(report, comparison))
        let finding = try #require(lines.first)
        let fix = try #require((finding["fix"] as? [[String: Any]])?.first)
        #expect(lines.count == 5 && isSame(finding["subject"], name) && isSame(fix["risk"], name))
        #expect(isSame((lines.last?["remarks"] as? [Any])?.first, name))
        #expect(
            try SavedFindings(DiagnosisJSON.write(report)).entries.allSatisfy { isSame($0.subject, name) })
    }

    /// To be copied: a word in quotes is not broken, nor cut.
    @Test func quotedCommandsAreWhole() {
        let long = "/sys/fs/cgroup/" + String(repeating: "a  b ", count: 50)
        var finding = DiagnosisSample.workers
        finding.check = "cat \(long)"
        finding.fixes = [Fix("raise it", command: "echo 1 > \(long)")]
        let lines = DiagnosisText(style: TextStyle(width: 40)).lines(DiagnosisSample.report([finding]))
        #expect(lines.contains("   check: cat '\(long)'"))
        #expect(lines.contains("        echo 1 > '\(long)'"))
    }

    @Test(arguments: HostileNames.all) func connects(name: String) throws {
        let key = Sample.key(7, CommandName(name))
        var interval = Sample.interval
        interval.connects[key] = Sample.busy
        interval.loss.missed = [name: 3]
        for width in [nil, 20, 60, 120] as [Int?] {
            let style = TextStyle(width: width, colour: true)
            expectFit(PortsTable(sort: .search, top: 20, style: style).text(interval), name)
            expectFit(PortsSummaryText(sort: .search, top: 20, style: style).text(interval), name)
            expectFit(PortsHistogram(style: style).text(interval), name)
        }
        expectFit(EventTests.line(EventTests.event(key)), name)
        #expect(EventTests.line(EventTests.event(key)).count { $0 == "\n" } == 1)
        let lines =
            try objects(PortsJSON.interval(interval, sort: .search)) + objects(PortsJSON.summary(interval))
            + objects(Array(EventTests.json(EventTests.event(key)).utf8))
        #expect(lines.contains { isSame($0["comm"], CommandName(name).text) })
    }

    @Test(arguments: HostileNames.all) func listenersAndDrops(name: String) throws {
        var interval = ListenersSample.interval
        interval.owners[700] = [DropsSample.owner(14, 6, name)]
        let packet = PacketDrop(
            kind: .drop, reason: name, location: name, transport: name, port: 80, netns: Sample.netns)
        var unclear = packet
        unclear.kind = .unclear
        interval.packets = [packet: 50, unclear: 5]
        interval.stacks = [DropStack(packet: packet, frames: [name, name]): 7]
        for width in [nil, 20, 60, 120] as [Int?] {
            let style = TextStyle(width: width, colour: true)
            expectFit(DropsTable(style: style).text(interval), name)
            expectFit(ListenersTable(style: style).text(interval), name)
            expectFit(DropsSummaryText(style: style).text(interval), name)
            expectFit(ListenersSummaryText(style: style).text(interval), name)
        }
        let lines =
            try objects(DropsJSON.interval(interval)) + objects(DropsJSON.summary(interval))
            + objects(ListenersJSON.interval(interval)) + objects(ListenersJSON.summary(interval))
        #expect(lines.contains { isSame($0["comm"], name) } && lines.contains { isSame($0["reason"], name) })
    }

    @Test(arguments: HostileNames.all) func functionsAndStacks(name: String) throws {
        var interval = HotspotsSample.interval
        interval.counts.add([HotspotsSample.user(name, name), HotspotsSample.kernel(name, name)], count: 90)
        for width in [nil, 20, 60, 120] as [Int?] {
            let table = HotspotsTable(style: TextStyle(width: width, colour: true))
            expectFit(table.text(interval) + table.total(interval), name)
        }
        #expect(try objects(HotspotsJSON.interval(interval)).contains { isSame($0["symbol"], name) })
        let stack = NamedStack(owner: .init(pid: 1, command: name), frames: [name, name], count: 3)
        let lines = try objects(ProfileJSON.stacks([stack]))
        #expect(isSame(lines.first?["comm"], name) && lines.first?["frames"] as? [String] == [name, name])
    }

    /// Columns stand where they stand, whoever is in them.
    @Test(arguments: HostileNames.all) func tablesKeepTheirColumns(name: String) {
        let table = TextTable(columns: [
            TextTable.Column(title: "NAME", isLeft: true, importance: 90, cells: [.init(name), .init("x")]),
            TextTable.Column(title: "N", importance: 90, cells: [.init("1"), .init("2")]),
        ])
        let lines = table.lines(TextStyle())
        #expect(Set(lines.map(DisplayWidth.of)).count == 1)
    }

    // MARK: The last gate

    @Test(arguments: HostileNames.all) func whatAReportForgotIsStopped(name: String) {
        let text = String(decoding: TerminalText.bytes("\u{1B}[1mhead\u{1B}[0m \(name)\n"), as: UTF8.self)
        expectFit(text, name)
        #expect(text.hasPrefix("\u{1B}[1mhead\u{1B}[0m ") && text.hasSuffix("\n"))
    }

    @Test func ordinaryTextPassesAsItIs() {
        let text =
            "20:05:27  interval 1s\n\n\u{1B}[31mnginx → 127.0.0.1:9000 12.3µs\u{1B}[0m\n– café 日本 │──\n"
        #expect(String(decoding: TerminalText.bytes(text), as: UTF8.self) == text)
        #expect(TerminalText.bytes("").isEmpty)
    }
}
