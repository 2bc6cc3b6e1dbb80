// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// Connections to where nobody listens, or somebody does at another address.
@Suite struct ListenTests {
    private func asking(_ refused: [RefusedPlace: UInt64]) -> Observation {
        Fixture.healthy.withDrops { $0.refused = refused }
    }

    private func place(_ port: UInt16, _ address: IPAddress = Fixture.remote) -> RefusedPlace {
        RefusedPlace(netns: Fixture.netns, address: address, port: port)
    }

    @Test func listenerAtAnotherAddressIsNamed() throws {
        let seen = asking([place(9000): 5000])
        #expect(seen.sure == [.listenerElsewhere])
        let finding = try #require(seen.report.findings[.listenerElsewhere])
        #expect(finding.confidence == .certain && finding.severity == .critical)
        #expect(finding.summary.hasSuffix("to 192.0.2.7:9000: php-fpm8.2 listens on 127.0.0.1:9000 alone"))
        #expect(finding.fixes[0].risk.contains("another address opens it to others"))
    }

    /// A socket on all addresses of the family, or of both, is no other.
    @Test func socketOnAllAddressesAnswersAll() {
        let any6 = IPAddress(family: .ipv6, words: (0, 0))
        #expect(Fixture.web.answers(Fixture.remote) && !Fixture.web.answers(.ipv6Loopback))
        #expect(
            Listener(netns: 1, address: any6, port: 1, inode: 1, isDualStack: true).answers(Fixture.remote))
        #expect(!Listener(netns: 1, address: any6, port: 1, inode: 1).answers(Fixture.remote))
        #expect(!Fixture.pool.answers(Fixture.remote) && Fixture.pool.answers(Fixture.localhost))
    }

    /// One look a second, and a scan of all ports, are one line each at most.
    @Test func looksAndScansAreNotMeant() {
        let once = asking([place(7001): 10, place(7002): 10])
        #expect(once.sure == [] && once.report.findings.filter { $0.id == .noListener }.count == 2)
        let scan = asking(
            Dictionary(uniqueKeysWithValues: (1...16_264).map { (place(UInt16($0 + 10_000)), 1) }))
        #expect(scan.sure == [])
        let found = scan.report.findings.filter { $0.id == .noListener }
        #expect(found.map(\.subjectText) == ["somebody to 16264 ports"])
    }

    /// Where SYNs are told apart nothing else counts: not late packets, whatever their port.
    @Test func latePacketsAskForNothing() {
        let seen = asking([:]).withDrops { $0.packets = [Fixture.packet("NO_SOCKET", port: 5432): 5000] }
        #expect(seen.report.findings[.noListener] == nil)
    }

    /// A port of the ephemeral range may be a service's, too.
    @Test func everyPortThatIsAskedForCounts() {
        #expect(asking([place(40_000): 5000]).sure == [.noListener])
    }

    /// Nothing at this port missed a socket: a rule refuses, and the socket is there.
    @Test func refusalByAFirewallIsNotTheListeners() {
        let seen = Fixture.healthy.withPorts {
            $0.connects[Fixture.key("app")] = Fixture.connects(5000, failed: [111: 5000])
        }.withDrops {
            $0.refused = [:]
            $0.packets = [Fixture.packet("NETFILTER_DROP", port: 9000): 5000]
        }
        #expect(seen.report.findings[.noListener] == nil && seen.sure == [.firewallDrops])
    }

    /// A connect in one namespace that another refuses is that one's.
    @Test func refusalOfAnotherNamespaceIsFoundThere() throws {
        let there = RefusedPlace(netns: Fixture.blue, address: Fixture.remote, port: 5432)
        var seen = Fixture.healthy.withPorts {
            $0.connects[Fixture.key("app", to: 5432, at: Fixture.remote)] = Fixture.connects(
                5000, failed: [111: 5000])
        }.withDrops { $0.refused = [there: 5000] }
        seen.namespaces[Fixture.blue] = Fixture.facts(prefix: "ip netns exec blue ")
        #expect(seen.sure == [.noListener])
        let finding = try #require(seen.report.findings[.noListener])
        #expect(
            finding.subject == .port(5432, netns: Fixture.blue) && finding.summary.contains("from app to"))
        #expect(finding.confidence == .certain)
    }

    @Test func oneRefusalIsOneConnection() throws {
        let finding = try #require(asking([place(7001): 1]).report.findings[.noListener])
        #expect(finding.summary.hasPrefix("1 connection in 10s is refused from clients to 192.0.2.7:7001"))
    }
}
