// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// What follows from what, and what comes first.
@Suite struct OrderTests {
    @Test func workersExplainOverflowAndRetransmits() throws {
        let seen = Sick.workersAndOverflow.withFacts {
            $0.counters.activeOpens = 700
            $0.counters.passiveOpens = 500
            $0.counters.retransmitted = 200
            $0.counters.synRetransmitted = 200
        }
        let findings = seen.report.findings
        let cause = try #require(findings.first)
        #expect(cause.id == .workersTooFew && cause.consequenceOf == nil)
        #expect(Set(findings.map(\.id)) == [.workersTooFew, .acceptQueueOverflow, .retransmits])
        #expect(findings.dropFirst().allSatisfy { $0.consequenceOf == cause.reference })
    }

    /// What nobody answers of a flood that cookies keep from harm harms nobody either.
    @Test func synAcksOfAHarmlessFloodAreHarmless() throws {
        let seen = Fixture.healthy.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(causes: [.synCookieSent: 50_000])
        }.withFacts {
            $0.counters.cookiesSent = 50_000
            $0.counters.cookiesReceived = 100
            $0.counters.retransmitted = 20_000
            $0.counters.synRetransmitted = 20_000
        }
        #expect(seen.report.causes.isEmpty)
        let again = try #require(seen.report.findings[.retransmits])
        #expect(again.consequenceOf?.id == .synFlood && again.severity == .info)
    }

    /// A client on this machine sends again from its own namespace.
    @Test func retransmitsOfAnotherNamespaceFollow() throws {
        var seen = Sick.overflow
        var client = Fixture.facts(prefix: "ip netns exec client ")
        client.counters.retransmitted = 500
        client.counters.synRetransmitted = 500
        client.counters.passiveOpens = 0
        client.counters.activeOpens = 5000
        client.counters.timeouts = 400
        seen.namespaces[Fixture.blue] = client
        let findings = seen.report.findings
        #expect(findings.map(\.id) == [.acceptQueueOverflow, .retransmits])
        #expect(findings[1].consequenceOf == findings[0].reference)
    }

    /// A queue that drops a few does not explain a lossy network.
    @Test func smallDropsDoNotExplainManyRetransmits() {
        let seen = Sick.lossy.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(causes: [.acceptQueueFullAtSYN: 30])
        }
        #expect(
            Set(seen.report.findings.filter { $0.consequenceOf == nil }.map(\.id)) == [
                .acceptQueueOverflow, .retransmits,
            ])
    }

    @Test func searchesExplainBusyCPUs() throws {
        var seen = Sick.search
        seen.hotspots = Sick.cpu.hotspots
        let findings = seen.report.findings
        #expect(findings.map(\.id) == [.portSearchExpensive, .cpuSaturated])
        #expect(findings[1].consequenceOf?.id == .portSearchExpensive)
    }

    /// Nothing is lost on the way: each finding is told once, causes before what follows.
    @Test func rankingKeepsEveryFinding() {
        let seen = Sick.everything
        let found = Diagnosis.allRules.flatMap { (try? $0.examine(seen)) ?? [] }
        let told = seen.report.findings
        #expect(Set(told.map(\.reference)) == Set(found.map(\.reference)) && told.count == found.count)
        var causes: Set<Finding.Reference> = []
        for finding in told {
            if let cause = finding.consequenceOf {
                #expect(causes.contains(cause))
            } else {
                causes.insert(finding.reference)
            }
        }
    }

    private func finding(
        _ id: FindingID, _ severity: Severity, _ confidence: Confidence, failed: Double = 0,
        follows cause: Finding? = nil
    ) -> Finding {
        Finding(
            id: id, severity: severity, confidence: confidence, subject: .host, subjectText: "", summary: "",
            evidence: [], impact: Impact(failed: failed), fixes: [], check: "",
            consequenceOf: cause?.reference)
    }

    /// By severity, then by what it costs; what is only possible comes last.
    @Test func causesThatCostMostComeFirst() {
        let dear = finding(.noListener, .critical, .certain, failed: 100)
        let cheap = finding(.conntrackTableFull, .critical, .certain, failed: 1)
        let warning = finding(.timeWaitLimit, .warning, .likely, failed: 1000)
        let possible = finding(.cpuSaturated, .critical, .possible, failed: 10_000)
        let follows = finding(.retransmits, .info, .likely, follows: warning)
        #expect(
            Ranking.sorted([follows, possible, warning, cheap, dear]) == [
                dear, cheap, warning, follows, possible,
            ])
    }

    /// One that follows from what is not there stands by itself.
    @Test func orphansAreTold() {
        let orphan = finding(
            .retransmits, .warning, .likely, follows: finding(.synFlood, .critical, .certain))
        #expect(Ranking.sorted([orphan]) == [orphan])
    }

    @Test func sameRunIsToldTheSameWay() {
        let first = Sick.everything.report.findings.map(\.summary)
        for _ in 0..<5 { #expect(Sick.everything.report.findings.map(\.summary) == first) }
    }
}
