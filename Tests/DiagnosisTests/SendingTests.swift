// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// Queueing disciplines that drop what the host sends.
@Suite struct SendingTests {
    private func report(_ qdiscs: Qdisc...) -> DiagnosisReport {
        Fixture.healthy.withFacts { $0.qdiscs = qdiscs }.report
    }

    private func finding(_ qdiscs: Qdisc...) -> Finding? {
        Fixture.healthy.withFacts { $0.qdiscs = qdiscs }.report.findings[.qdiscDrops]
    }

    @Test func fullQueueIsNamedWithItsRoom() throws {
        let finding = try #require(self.finding(Fixture.tokenBucket(drops: 5000)))
        #expect(finding.confidence == .certain && finding.severity == .critical)
        #expect(finding.subjectText == "eth0 tbf 8001:" && finding.summary.hasSuffix("its queue is full"))
        #expect(finding.value("qdisc_drops_per_s") == 500 && finding.impact.share == 0.05)
        // 100 ms at 2.5 MB/s.
        #expect(
            finding.fixes[0].command
                == "tc qdisc change dev eth0 root handle 8001: tbf rate 20000000bit burst 16384 limit 250000")
        #expect(finding.check == "tc -s qdisc show dev eth0")
    }

    @Test func retransmitsFollowInTheSameNamespace() throws {
        let follows = try #require(Sick.ownQueue.report.findings[.retransmits])
        #expect(follows.consequenceOf?.id == .qdiscDrops)
        var elsewhere = Sick.ownQueue
        elsewhere.namespaces[Fixture.blue] = Sick.lossy.namespaces[Fixture.netns]
        elsewhere = elsewhere.withFacts { $0.counters.retransmitted = 0 }
        #expect(elsewhere.report.findings[.retransmits]?.consequenceOf == nil)
    }

    /// A packet of loopback is larger than the bucket: waiting for more does not help.
    @Test func packetsThatNeverFitAreTold() throws {
        let finding = try #require(self.finding(Fixture.tokenBucket(drops: 5, packets: 100, mtu: 65_536)))
        #expect(finding.summary.contains("can never pass"))
        #expect(finding.value("qdisc_burst_bytes") == 16_384)
        // Two of 65,550 bytes, as a power of two.
        #expect(finding.fixes[0].command.hasSuffix("burst 262144 limit 262144"))
        #expect(self.finding(Fixture.tokenBucket(drops: 2, packets: 100, mtu: 65_536)) == nil)
    }

    /// What each kind is told, and how it is named to tc.
    @Test(arguments: [
        (
            Fixture.qdisc("pfifo", drops: 5000, limit: 100),
            "tc qdisc change dev eth0 root handle 8001: pfifo limit 200"
        ),
        (
            Fixture.qdisc("bfifo", drops: 5000, limit: 30_000),
            "tc qdisc change dev eth0 root handle 8001: bfifo limit 60000"
        ),
        (Fixture.qdisc("pfifo_fast", handle: 0, drops: 5000), "ip link set dev eth0 txqueuelen 2000"),
        (
            Fixture.qdisc("fq_codel", handle: 0, drops: 5000, limit: 10_240, overLimit: 5000),
            "tc qdisc replace dev eth0 root fq_codel limit 20480"
        ),
        (
            Fixture.qdisc("fq_codel", handle: 0, parent: 1, drops: 5000, limit: 10_240, overLimit: 5000),
            "tc -s -d qdisc show dev eth0"
        ),
        (
            Fixture.qdisc("pfifo", parent: 0x1_0010, drops: 5000, limit: 100),
            "tc qdisc change dev eth0 parent 1:10 handle 8001: pfifo limit 200"
        ),
        (Fixture.qdisc("hfsc", drops: 5000), "tc -s -d qdisc show dev eth0"),
        (
            Fixture.qdisc("pfifo", drops: 5000, limit: 100, name: "a;b"),
            "tc qdisc change dev 'a;b' root handle 8001: pfifo limit 200"
        ),
    ])
    func fixesAreWrittenAsTCTakesThem(qdisc: Qdisc, command: String) throws {
        let finding = try #require(self.finding(qdisc))
        #expect(finding.fixes[0].command == command)
    }

    /// Settings that a change would lose are not changed.
    @Test func peakRateIsNotLost() throws {
        var qdisc = Fixture.tokenBucket(drops: 5000)
        qdisc.settings.hasMore = true
        #expect(try #require(self.finding(qdisc)).fixes[0].command == "tc -s -d qdisc show dev eth0")
    }

    /// CoDel at its work: up to some in a hundred.
    @Test func earlyDropsAreNoFaultUnlessThereAreMany() throws {
        #expect(finding(Fixture.qdisc("fq_codel", drops: 3000, overLimit: 0)) == nil)
        #expect(finding(Fixture.qdisc("cake", drops: 3000)) == nil)
        let many = try #require(
            self.finding(Fixture.qdisc("fq_codel", drops: 10_000, limit: 10_240, overLimit: 0)))
        #expect(many.severity == .warning && many.summary.contains("on purpose"))
        #expect(!many.fixes.contains { $0.command.contains("limit") })
    }

    @Test func fewDropsAreNoFinding() {
        #expect(finding(Fixture.qdisc("pfifo", drops: 9)) == nil)
        #expect(finding(Fixture.qdisc("pfifo", drops: 90)) == nil)
        // But nobody says that nothing was lost.
        let elsewhere = report(Fixture.qdisc("pfifo", drops: 90)).findings[.elsewhere]
        #expect(elsewhere?.value("qdisc_drops_per_s") == 9)
    }

    /// netem does what it was told.
    @Test func netemIsMeant() throws {
        var qdisc = Fixture.qdisc("netem", drops: 5000, limit: 1000)
        qdisc.settings.loss = 0.05
        let finding = try #require(self.finding(qdisc))
        #expect(finding.summary.contains("told to lose") && finding.severity == .warning)
        #expect(finding.fixes.map(\.command) == ["tc qdisc del dev eth0 root"])
    }

    /// A parent's counter includes its children's: counted once, and the child is named.
    @Test func dropsOfChildrenCountOnce() throws {
        let root = Fixture.qdisc("htb", handle: 1, drops: 5000)
        let child = Fixture.qdisc(
            "pfifo", handle: 0x10, parent: 0x1_0010, drops: 4900, packets: 90_000, limit: 5)
        let finding = try #require(self.finding(root, child))
        #expect(finding.value("qdisc_drops_per_s") == 500 && finding.subjectText == "eth0 pfifo 10:")
    }

    @Test func whatComesInIsNotSent() {
        #expect(finding(Fixture.qdisc("ingress", parent: 0xFFFF_FFF1, drops: 5000)) == nil)
    }

    @Test func unreadableIsNotExamined() {
        let report = Fixture.healthy.withFacts { $0.qdiscs = nil }.report
        #expect(report.notExamined[.qdiscDrops] != nil && !report.examined.contains(.qdiscDrops))
    }

    /// The tracepoint's count stands beside the qdisc's.
    @Test func dropReasonsAreTheSecondWitness() throws {
        let seen = Sick.ownQueue.withDrops {
            $0.packets = [
                Fixture.packet("QDISC_DROP", port: 80, at: "__dev_queue_xmit"): 4999,
                Fixture.packet("QDISC_DROP", port: 80, netns: Fixture.blue, at: "__dev_queue_xmit"): 7,
            ]
        }
        let finding = try #require(seen.report.findings[.qdiscDrops])
        #expect(finding.evidence.last?.text.hasPrefix("4,999 packets were freed") == true)
    }
}
