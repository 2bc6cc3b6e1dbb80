// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

@Suite struct HealthyTests {
    @Test(arguments: [false, true])
    func nothingIsWrong(byTracepoints: Bool) {
        for run in [Fixture.healthy, Fixture.idle] {
            let seen = byTracepoints ? run.byTracepoints : run
            #expect(seen.report.findings.filter { $0.id != .elsewhere }.map(\.summary) == [])
        }
    }

    @Test func everyIdIsExaminedOnce() {
        let report = Fixture.healthy.report
        #expect(report.examined.count == FindingID.allCases.count)
        #expect(Set(report.examined) == Set(FindingID.allCases))
        #expect(report.notExamined.isEmpty)
    }

    /// Where there is traffic and nothing is wrong, it says where the time goes.
    @Test func healthyTrafficPointsElsewhere() throws {
        let finding = try #require(Fixture.healthy.report.findings.first)
        #expect(finding.id == .elsewhere && finding.confidence == .possible && finding.severity == .info)
        #expect(finding.evidence.first?.text.contains("tcp_sendmsg") == true)
        #expect(Fixture.idle.report.findings.isEmpty)
    }

    @Test func silenceIsRemarkedOn() {
        #expect(Fixture.healthy.report.remarks == [])
        #expect(Fixture.idle.report.remarks.map { $0.prefix(14) } == ["no connection "])
    }

    @Test func namespacesThatWentAwayAreNamed() {
        var seen = Fixture.healthy
        seen.namespaces[Fixture.blue] = seen.namespaces[Fixture.netns]
        seen.namespaces[Fixture.blue]?.commandPrefix = "ip netns exec blue "
        seen.goneNamespaces = [Fixture.blue]
        #expect(seen.report.remarks.map { $0.prefix(19) } == ["namespace blue went"])
        #expect(seen.prefix(Fixture.blue).text.contains("which is gone"))
        seen.goneNamespaces = [Fixture.blue, Fixture.netns]
        #expect(seen.report.remarks.map { $0.prefix(24) } == ["2 network namespaces wen"])
    }

    @Test func usedUpPortsOfUDPAreRemarkedOn() {
        func remarks(_ held: UInt64) -> [String] {
            Fixture.healthy.withFacts {
                $0.settings.portRange = 20_000...20_099
                $0.use.udp = 3
                $0.use.udp6 = held
            }.report.remarks
        }
        #expect(remarks(99) == [])
        #expect(remarks(100).map { $0.prefix(44) } == ["this network namespace holds 100 UDP sockets"])
    }

    /// A run of no time has counts and no rates: no finding divides by zero.
    @Test func zeroDurationIsNoTrap() {
        var seen = Sick.everything
        seen.duration = 0
        for finding in seen.report.findings {
            #expect(finding.impact.failedPerSecond.isFinite && finding.impact.delayedPerSecond.isFinite)
            #expect(finding.evidence.allSatisfy { $0.value.isFinite })
        }
    }

    @Test func nothingSeenIsNotExamined() {
        let why = "no BPF here"
        let report = Observation(
            duration: 10, wallTime: 0, ports: .not(why), drops: .not(why), hotspots: .not(why)
        ).report
        #expect(report.findings.isEmpty && report.examined.isEmpty)
        #expect(Set(report.notExamined.keys) == Set(FindingID.allCases))
        #expect(report.notExamined[.elsewhere] == why && report.notExamined[.workersTooFew] == why)
        #expect(report.notExamined.values.allSatisfy { !$0.isEmpty })
    }

    private struct Broken: Rule {
        struct Fault: Error {}
        var ids: [FindingID] { [.synFlood, .synQueueOverflow] }
        func examine(_ seen: Observation) throws -> [Finding] { throw Fault() }
    }

    @Test func ruleThatThrowsIsReportedAsNotExamined() {
        let report = Diagnosis(rules: [Broken(), WorkersTooFew()]).examine(Fixture.healthy)
        #expect(Set(report.notExamined.keys) == [.synFlood, .synQueueOverflow])
        #expect(report.notExamined[.synFlood]?.contains("Fault") == true)
        #expect(report.examined == [.workersTooFew, .elsewhere])
    }

    /// Every finding says what to do, how to check it, and what would settle it.
    @Test func findingsAreComplete() {
        let findings = Sick.everything.report.findings
        #expect(Set(findings.map(\.id)).count >= 12)
        for finding in findings {
            #expect(!finding.summary.isEmpty && !finding.check.isEmpty && !finding.subjectText.isEmpty)
            #expect(!finding.evidence.isEmpty && !finding.fixes.isEmpty, "\(finding.id)")
            #expect(finding.confidence == .certain || !finding.unsettled.isEmpty, "\(finding.id)")
            #expect(
                finding.confidence != .certain || finding.evidence.contains { $0.source.isExact },
                "\(finding.id)")
        }
    }
}
