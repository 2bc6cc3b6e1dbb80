// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// Connects that fail: what each errno means, by how far the connect came.
@Suite struct ConnectTests {
    private func failing(
        _ stats: ConnectStats, to address: IPAddress = Fixture.remote,
        besides: [ConnectKey: ConnectStats] = [:]
    ) -> Observation {
        Fixture.healthy.withPorts {
            $0.connects = besides
            $0.connects[Fixture.key("app", to: 443, at: address)] = stats
        }
    }

    // MARK: EADDRNOTAVAIL

    /// One errno, three causes, of which one is port exhaustion.
    @Test(
        arguments: [
            (5000, 0, 0, .ephemeralPortsExhausted), (0, 5000, 0, .fourTupleTaken),
            (0, 0, 5000, .sourceAddressUnavailable),
        ] as [(UInt64, UInt64, UInt64, FindingID)])
    func addressNotAvailableHasThreeCauses(
        withoutPort: UInt64, tupleTaken: UInt64, unsent: UInt64, id: FindingID
    ) throws {
        var stats = Fixture.connects(5000, failed: [99: 5000])
        (stats.withoutPort, stats.tupleTaken, stats.unsent) = (withoutPort, tupleTaken, unsent)
        let seen = failing(stats)
        #expect(seen.sure == [id])
        #expect(seen.report.findings[id]?.confidence == .certain)
    }

    /// No search, no ports tried, and no wider range would help.
    @Test func whatSearchedForNothingIsNoExhaustion() throws {
        let seen = Sick.boundPort
        let finding = try #require(seen.report.findings[.fourTupleTaken])
        #expect(finding.sysctls.isEmpty && finding.severity == .critical)
        #expect(seen.report.findings[.ephemeralPortsExhausted] == nil)
        #expect(seen.report.findings[.connectsFailing] == nil)
    }

    /// Looks that found the ports free contradict it: less than certain then.
    @Test func exhaustionThatLooksContradictIsNotCertain() throws {
        let seen = Sick.exhausted.withPorts {
            $0.ranges = [Fixture.range(32768, 60999, inUse: 0, timeWait: 0)]
        }
        let finding = try #require(seen.report.findings[.ephemeralPortsExhausted])
        #expect(finding.confidence == .likely && !finding.unsettled.isEmpty)
    }

    @Test func reservedPortsThatCoverTheRangeAreTheCause() throws {
        let seen = Sick.exhausted.withPorts {
            $0.ranges = [Fixture.range(20000, 20999, inUse: 0, timeWait: 0)]
            $0.ranges[0].reserved = 1000
        }.withFacts {
            $0.settings.portRange = 20000...20999
            $0.settings.reservedPorts = "20000-20999"
        }
        let finding = try #require(seen.report.findings[.ephemeralPortsExhausted])
        #expect(finding.confidence == .certain && finding.summary.contains("ip_local_reserved_ports covers"))
        #expect(finding.sysctls["net.ipv4.ip_local_reserved_ports"] == "")
        #expect(finding.fixes[1].what.contains("28232 ports instead of 0"))
        #expect(finding.value("ports_in_use") == nil)
    }

    /// The range is to be had once per source address.
    @Test func portsHeldFromSeveralAddressesAreNotMoreThanThereAre() throws {
        let seen = Sick.exhausted.withPorts {
            $0.ranges = [Fixture.range(20000, 20019, inUse: 40, timeWait: 0)]
        }
        let finding = try #require(seen.report.findings[.ephemeralPortsExhausted])
        let text = try #require(finding.evidence.first { $0.name == "ports_in_use" }?.text)
        #expect(text.hasPrefix("20 ports are held 40 times, from several source addresses,"))
    }

    @Test func disabledIPv6IsNamed() throws {
        let seen = Sick.noSource.withFacts { $0.settings.ipv6Disabled = 1 }
        let finding = try #require(seen.report.findings[.sourceAddressUnavailable])
        #expect(finding.summary.hasSuffix("IPv6 is disabled here"))
        #expect(finding.sysctls == ["net.ipv6.conf.all.disable_ipv6": "0"])
        #expect(finding.fixes[0].what.contains("127.0.0.1 instead of ::1"))
    }

    // MARK: Other errnos

    @Test(
        arguments: [
            (111, 0, "a reset answers"), (110, 0, "nothing answers"), (113, 5000, "no route"),
            (113, 0, "no neighbour answers"), (101, 5000, "no route"), (101, 0, "a router or firewall"),
            (13, 5000, "prohibits"), (1, 5000, "forbids"), (100, 5000, "is down"), (22, 5000, "EINVAL"),
        ] as [(Int32, UInt64, String)])
    func errnoSaysWhatAnswered(error: Int32, unsent: UInt64, meaning: String) throws {
        var stats = Fixture.connects(5000, failed: [error: 5000])
        stats.unsent = unsent
        let seen = failing(stats)
        #expect(seen.sure == [.connectsFailing])
        let finding = try #require(seen.report.findings.first)
        #expect(finding.summary.contains(meaning) && finding.summary.contains("192.0.2.7:443"))
        #expect(finding.confidence == .certain && finding.severity == .critical && !finding.fixes.isEmpty)
        #expect(finding.impact.failedPerSecond == 500 && finding.impact.share == 1)
    }

    /// That the caller lost patience says nothing certain of the other side.
    @Test func givenUpIsLikely() throws {
        var stats = Fixture.connects(300)
        stats.abandoned = 300
        let finding = try #require(failing(stats).report.findings[.connectsFailing])
        #expect(finding.confidence == .likely && finding.summary.contains("are given up from app"))
        #expect(failing(stats).sure == [.connectsFailing])
    }

    /// What this host's own firewall drops, nobody can answer.
    @Test func ownFirewallIsNamed() throws {
        var stats = Fixture.connects(300)
        stats.abandoned = 300
        let seen = failing(stats).withDrops {
            $0.packets = [
                Fixture.packet("NETFILTER_DROP", port: 40_000): 200,
                Fixture.packet("NETFILTER_DROP", port: 40_002): 150,
            ]
        }
        let finding = try #require(seen.report.findings[.connectsFailing])
        #expect(finding.summary.hasSuffix("this host's own firewall drops what it sends"))
        #expect(
            finding.value("own_packets_dropped_per_s") == 35 && finding.fixes[0].command.contains("output"))
    }

    @Test func destinationsOfOneCallerAreOneFinding() throws {
        let seen = failing(
            Fixture.connects(100, failed: [111: 100]),
            besides: Dictionary(
                uniqueKeysWithValues: (1001...2000).map {
                    (Fixture.key("app", to: $0, at: Fixture.remote), Fixture.connects(1, failed: [111: 1]))
                }))
        #expect(seen.sure == [.connectsFailing])
        let finding = try #require(seen.report.findings.first)
        #expect(finding.subjectText == "app to 1001 destinations")
        #expect(finding.evidence[1].text.hasSuffix("and 998 more destinations"))
    }

    /// Clients that try all addresses of a name lose nothing at the first.
    @Test(arguments: [111, 99, 101] as [Int32])
    func fallbackThatSucceedsIsNoFailure(error: Int32) {
        var stats = Fixture.connects(5000, failed: [error: 5000])
        stats.withoutPort = 0
        stats.unsent = error == 111 ? 0 : 5000
        for address in [IPAddress.ipv6Loopback, Self.remote6] {
            let seen = failing(
                stats, to: address,
                besides: [Fixture.key("app", to: 443): Fixture.connects(5000)])
            #expect(seen.sure == [])
            let worse = failing(
                stats, to: address, besides: [Fixture.key("app", to: 443): Fixture.connects(50)])
            #expect(worse.sure.count == 1)
        }
    }

    private static let remote6 = IPAddress(
        family: .ipv6, bytes: [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7])

    /// Few beside much that goes well, and a look once a second, are nobody's concern.
    @Test(arguments: [(5, 100_000), (15, 100), (90, 20_000)] as [(UInt64, UInt64)])
    func fewFailuresAreOnlyPossible(failures: UInt64, successes: UInt64) {
        let seen = failing(
            Fixture.connects(failures, failed: [111: failures]),
            besides: [Fixture.key("app", to: 80): Fixture.connects(successes)])
        #expect(seen.sure == [])
        #expect(seen.report.findings[.connectsFailing]?.severity == .info)
    }

    // MARK: Never all clear

    @Test func nothingIsNeverSaidWhileSomethingFails() throws {
        #expect(Doubts.of(Fixture.healthy).isEmpty)
        let seen = Fixture.healthy.withPorts {
            $0.connects[Fixture.key("app", to: 443, at: Fixture.remote)] = Fixture.connects(
                3, failed: [111: 3])
        }
        let elsewhere = try #require(seen.report.findings[.elsewhere])
        #expect(elsewhere.summary.hasPrefix("no likely cause was found for what failed"))
        #expect(elsewhere.evidence[0].text.contains("3 of 10,003 connects failed (ECONNREFUSED 3)"))
        let drops = Fixture.healthy.withDrops { $0.counters.listenDrops = 4 }
        #expect(drops.report.findings[.elsewhere]?.evidence[0].counter == "ListenDrops")
    }
}
