// SPDX-License-Identifier: Apache-2.0
import Foundation
import Model
import Report
import Testing

@Suite struct DiagnosisJSONTests {
    private func lines(_ report: DiagnosisReport) throws -> [[String: Any]] {
        try String(decoding: DiagnosisJSON.write(report), as: UTF8.self).split(separator: "\n").map {
            let object = try JSONSerialization.jsonObject(with: Data($0.utf8))
            return try #require(object as? [String: Any])
        }
    }

    @Test func aFindingHasTheFieldsScriptsRelyOn() throws {
        let lines = try lines(DiagnosisSample.report([DiagnosisSample.workers, DiagnosisSample.overflow]))
        #expect(lines.map { $0["kind"] as? String } == ["finding", "finding", "summary"])
        let overflow = lines[1]
        #expect(overflow["id"] as? String == "accept-queue-overflow")
        #expect(overflow["severity"] as? String == "warning")
        #expect(overflow["confidence"] as? String == "certain")
        #expect(overflow["consequence_of"] as? String == "workers-too-few")
        #expect(overflow["check"] as? String == "tcpwhy drops -P 9000 -d 10")
        let evidence = try #require((overflow["evidence"] as? [[String: Any]])?.first)
        #expect(evidence["name"] as? String == "listen_overflows_per_s")
        #expect(evidence["value"] as? Double == 12.5)
        #expect(evidence["backend"] as? String == "fentry")
        #expect(evidence["counter"] as? String == "ListenOverflows")
        let fix = try #require((overflow["fix"] as? [[String: Any]])?.first)
        #expect(fix["command"] as? String == "sysctl -w net.core.somaxconn=512")
        #expect(fix["sysctl"] as? [String: String] == ["name": "net.core.somaxconn", "value": "512"])
        #expect(lines[0]["consequence_of"] is NSNull)
    }

    @Test func theSummaryAccountsForEveryRule() throws {
        let summary = try #require(try lines(DiagnosisSample.report([])).first)
        #expect(summary["findings"] as? Int == 0)
        #expect(
            summary["examined"] as? [String] == ["workers-too-few", "accept-queue-overflow", "retransmits"])
        #expect(summary["remarks"] as? [String] == ["namespace blue went away"])
        let missing = try #require(summary["not_examined"] as? [[String: String]])
        #expect(
            missing == [
                ["id": "cpu-saturated", "why": "no samples"], ["id": "elsewhere", "why": "no samples"],
            ])
        #expect(summary["lost"] is [String: Any] && summary["missed_by_probe"] is [String: Any])
    }
}

@Suite struct DiagnosisTextTests {
    private func text(_ findings: [Finding], width: Int? = nil) -> String {
        DiagnosisText(style: TextStyle(width: width)).text(DiagnosisSample.report(findings))
    }

    @Test func aCauseAndWhatFollowsFromIt() {
        let expected = """
            10s watched: 1 cause found

            1. workers-too-few  127.0.0.1:9000 php-fpm8.2  [critical, likely]
               php-fpm8.2 (5 processes) accepts 230 connections a second, and 89 wait there all the time.
               - 1,715 connections were accepted  (tracepoint)
               - 91 or more waited at half of the looks  (sampled)
               costs: 230 delayed connections a second, 100% of all, by 388ms each
               fix: let php-fpm8.2 serve 115 at once
                    pm.max_children = 115
                    to last: in the pool's file
                    risk: each holds 3.36 MiB
               check: tcpwhy listeners -P 9000 -d 10
               to be sure: a trace of waits
               └ follows: accept-queue-overflow  127.0.0.1:9000 php-fpm8.2: 12.5 connections a second find the accept queue full.

            looked for and not found: 1 other cause (--all names them)
            not examined: cpu-saturated, elsewhere: no samples
            note: namespace blue went away
            the trace lost nothing
            more about a finding: tcpwhy explain workers-too-few

            """
        #expect(text([DiagnosisSample.workers, DiagnosisSample.overflow]) == expected)
    }

    @Test func allOfItIsShownOnRequest() {
        let report = DiagnosisSample.report([DiagnosisSample.workers, DiagnosisSample.overflow])
        let text = DiagnosisText(isWhole: true).text(report)
        #expect(text.contains("      - 125 connections found it full  (fentry, ListenOverflows)\n"))
        #expect(text.contains("if it stays: let accept queues be as long as 512\n"))
        #expect(text.contains("looked for and not found: retransmits\n"))
    }

    /// Twelve services that are behind: ten are told at length, and what is only possible in a line.
    @Test func tenCausesAreEnoughAtThreeInTheMorning() {
        var findings = (1...12).map { number in
            var finding = DiagnosisSample.workers
            finding.subject = .port(UInt16(number), netns: 1)
            finding.summary = "service \(number) is behind"
            return finding
        }
        findings += (1...12).map { number in
            var finding = DiagnosisSample.workers
            finding.subject = .port(UInt16(number + 100), netns: 1)
            finding.confidence = .possible
            finding.severity = .info
            finding.summary = "service \(number) may be behind"
            return finding
        }
        let lines = text(findings).split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("10. workers-too-few") })
        #expect(
            !lines.contains { $0.hasPrefix("11.") } && lines.contains("and 2 more causes (--all shows all)"))
        #expect(lines.filter { $0.hasPrefix("possible: workers-too-few  service") }.count == 10)
        #expect(lines.contains("and 2 more that cost little or nothing (--all shows all)"))
        #expect(lines.allSatisfy { !$0.contains("possible]") })
        let whole = DiagnosisText(isWhole: true).text(DiagnosisSample.report(findings))
        #expect(whole.contains("\n12. workers-too-few") && whole.contains("service 12 may be behind"))
    }

    /// What is not found though something failed is no all-clear.
    @Test func whatFailedWithoutACauseIsNoAllClear() {
        var elsewhere = DiagnosisSample.workers
        elsewhere.id = .elsewhere
        elsewhere.confidence = .possible
        elsewhere.evidence = [Evidence("cpu_share", 0.5, "50% of 100 samples in f", by: .sampled)]
        #expect(text([elsewhere]).hasPrefix("10s watched: nothing found that costs connections\n"))
        elsewhere.evidence.append(Evidence("failed", 3, "3 connects failed", by: .traced(.fentry)))
        #expect(text([elsewhere]).hasPrefix("10s watched: no likely cause found\n"))
    }

    @Test func nothingFoundSaysSo() {
        #expect(text([]).hasPrefix("10s watched: nothing found that costs connections\n"))
        #expect(!text([]).contains("explain"))
    }

    /// A command is to be copied as it stands.
    @Test(arguments: [40, 60, 80])
    func aNarrowTerminalBreaksSentencesAndNoCommand(width: Int) {
        var cause = DiagnosisSample.workers
        cause.fixes += DiagnosisSample.overflow.fixes
        let lines = text([cause, DiagnosisSample.overflow], width: width).split(separator: "\n")
        #expect(lines.contains { $0.hasSuffix("sysctl -w net.core.somaxconn=512") })
        let long = lines.filter { $0.count > width && !$0.contains("sysctl") && !$0.contains("pm.") }
        #expect(long == [])
    }

    @Test func whatAProcessCallsItselfDoesNotReachTheTerminal() {
        var finding = DiagnosisSample.workers
        finding.subjectText = "127.0.0.1:9000 \u{1b}[2Jevil"
        finding.summary = "\u{7}evil"
        #expect(!text([finding]).unicodeScalars.contains("\u{1b}"))
        #expect(!text([finding]).unicodeScalars.contains("\u{7}"))
    }

    /// Cgroups and sockets have names, too, and these go into evidence, checks and remarks.
    @Test func whatOthersNameDoesNotReachTheTerminal() {
        var finding = DiagnosisSample.workers
        let name = "/sys/fs/cgroup/\u{1b}[2Jx"
        finding.evidence = [Evidence("quota_cpus", 1, "quota of \(name)", by: .counter, counter: name)]
        finding.check = "cat \(name)"
        finding.unsettled = name
        finding.fixes = [Fix("raise \(name)", command: "echo > \(name)", lasting: name, risk: name)]
        var report = DiagnosisSample.report([finding])
        report.remarks = [name]
        #expect(!DiagnosisText().text(report).contains("\u{1b}"))
    }
}
