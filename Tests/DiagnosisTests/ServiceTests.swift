// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// Packets that never reach a service.
@Suite struct ServiceTests {
    private func dropping(_ packets: [PacketDrop: UInt64]) -> Observation {
        Fixture.healthy.withDrops { $0.packets = packets }
    }

    @Test func firewallAtAServiceIsLikely() throws {
        let finding = try #require(Sick.firewall.report.findings[.firewallDrops])
        #expect(finding.confidence == .likely && finding.subject == .port(80, netns: Fixture.netns))
        #expect(finding.subjectText == "port 80 nginx" && finding.value("packets_dropped_per_s") == 200)
        // The firewall could not be looked at: no rule is claimed, in nobody's syntax.
        #expect(finding.fixes.map(\.command) == ["nft -a list ruleset; iptables-legacy -nvxL --line-numbers"])
    }

    /// A rule does what it is for: few packets, other ports, other protocols, what closes.
    @Test func otherDropsAreHealthy() {
        let healthy: [PacketDrop: UInt64] = [
            Fixture.packet("NETFILTER_DROP", port: 80): 5, Fixture.packet("NETFILTER_DROP", port: 23): 90_000,
            Fixture.packet("NETFILTER_DROP", port: nil): 90_000,
            Fixture.packet("NETFILTER_DROP", port: 80, at: "nf_hook_slow", "udp"): 90_000,
            Fixture.packet("TCP_OLD_DATA", port: 80): 90_000,
            Fixture.packet("NO_SOCKET", port: 40_000): 90_000, Fixture.packet("NO_SOCKET", port: 80): 90_000,
            Fixture.packet("NOT_SPECIFIED", port: 80, kind: .unclear): 90_000,
            Fixture.packet("TCP_LISTEN_OVERFLOW", port: 80, kind: .listen): 90_000,
            Fixture.packet(nil, port: 80, at: "tcp_v4_rcv"): 90_000,
        ]
        #expect(dropping(healthy).sure == [])
    }

    @Test(
        arguments: [
            ("IP_RPFILTER", "net.ipv4.conf.all.rp_filter"), ("TCP_MD5NOTFOUND", nil), ("TCP_CSUM", nil),
            ("XDP", nil),
        ] as [(String, String?)])
    func otherObstaclesHaveTheirOwnFix(reason: String, sysctl: String?) throws {
        let finding = try #require(
            dropping([Fixture.packet(reason, port: 80): 2000]).report.findings[.firewallDrops])
        #expect(finding.sysctls.keys.first == sysctl)
        #expect(finding.confidence == .likely && !finding.fixes.isEmpty)
    }

    /// Kernels before 5.17 give no reasons, only places.
    @Test func placeStandsForTheReason() {
        #expect(dropping([Fixture.packet(nil, port: 80): 2000]).sure == [.firewallDrops])
    }

    /// A full connection tracking table drops in the firewall's name.
    @Test func dropsOfAFullTableFollowFromIt() throws {
        let seen = Sick.conntrack.withDrops { $0.packets = [Fixture.packet("NETFILTER_DROP", port: 80): 950] }
        let findings = seen.report.findings
        #expect(findings.map(\.id) == [.conntrackTableFull, .firewallDrops])
        #expect(findings[1].confidence == .possible && findings[1].consequenceOf == findings[0].reference)
        let more = Sick.conntrack.withDrops {
            $0.packets = [Fixture.packet("NETFILTER_DROP", port: 80): 9500]
        }
        #expect(Set(more.sure) == [.conntrackTableFull, .firewallDrops])
    }

    @Test func serviceOfAnotherNamespaceIsNotMeant() {
        #expect(dropping([Fixture.packet("NETFILTER_DROP", port: 80, netns: Fixture.blue): 2000]).sure == [])
    }

    @Test func packetsThatNobodyTracesAreNotExamined() {
        let report = Fixture.healthy.withDrops { $0.packets = nil }.report
        #expect(report.notExamined[.firewallDrops] == "dropped packets are not traced here")
        #expect(report.examined.contains(.noListener))
    }

    // MARK: Nobody listens

    @Test func refusedConnectsAreCertain() throws {
        let finding = try #require(Sick.closed.report.findings[.noListener])
        #expect(finding.confidence == .certain && finding.severity == .warning)
        #expect(
            finding.impact.failedPerSecond == 10 && finding.summary.contains("from nginx to 127.0.0.1:5432"))
        let alone = Sick.closed.withDrops { $0.packets = nil }
        #expect(alone.report.findings[.noListener]?.confidence == .certain)
    }

    /// Scanners knock now and then; whoever knocks each second means it.
    @Test(arguments: [(4, .possible), (200, .likely)] as [(UInt64, Confidence)])
    func strangersAreNotCertain(packets: UInt64, confidence: Confidence) {
        let seen = dropping([Fixture.packet("NO_SOCKET", port: 5432): packets])
        #expect(seen.report.findings[.noListener]?.confidence == confidence)
    }

    /// Where another machine refuses, nothing here is to blame.
    @Test func refusalsOfOthersAreNotOurs() {
        let seen = Fixture.healthy.withPorts {
            $0.connects[Fixture.key(to: 5432, at: Fixture.remote)] = Fixture.connects(100, failed: [111: 100])
        }
        #expect(seen.report.findings[.noListener] == nil)
    }

    /// A service that ended in mid-run is named, with its unit.
    @Test func serviceThatStoppedIsNamed() throws {
        let seen = Sick.closed.withDrops {
            $0.listeners[Fixture.listener(5432, inode: 800)] = Fixture.state()
            $0.listeners[Fixture.listener(5432, inode: 800)]?.isClosed = true
        }
        let finding = try #require(seen.report.findings[.noListener])
        #expect(finding.summary.hasSuffix("nobody listens there"))
        #expect(finding.fixes.first?.command.contains("systemctl restart nginx.service") == true)
        let back = seen.withDrops { $0.listeners[Fixture.listener(5432, inode: 800)]?.isClosed = false }
        #expect(
            back.report.findings[.noListener]?.summary.hasSuffix("nobody listened there for a while") == true)
    }
}
