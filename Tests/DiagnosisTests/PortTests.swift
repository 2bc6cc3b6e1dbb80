// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// Local ports: exhausted, searched for long, bound, in TIME_WAIT.
@Suite struct PortTests {
    /// 1,000 connects a second, each holding its port for a second: half as much more than
    /// that fits Linux's own range.
    @Test func rangeIsComputedFromConnects() throws {
        let finding = try #require(Sick.exhausted.report.findings[.ephemeralPortsExhausted])
        #expect(finding.confidence == .certain && finding.severity == .critical)
        #expect(finding.value("eaddrnotavail_per_s") == 400)
        #expect(finding.sysctls["net.ipv4.ip_local_port_range"] == "32768 60999")
        #expect(finding.impact.failedPerSecond == 400 && finding.impact.share == 0.4)
    }

    /// A range that is not enough for long-lived connections grows as far as they need.
    @Test func rangeGrowsBeyondLinuxsOwn() throws {
        let seen = Sick.exhausted.withPorts {
            $0.ranges = [Fixture.range(32768, 60999, inUse: 28_232, timeWait: 0)]
        }.withFacts { $0.settings.portRange = 32768...60999 }
        let finding = try #require(seen.report.findings[.ephemeralPortsExhausted])
        // 28,232 open for 600 a second that succeed are 47 s each: 1,000 a second hold 70,580.
        #expect(finding.sysctls["net.ipv4.ip_local_port_range"] == "1024 60999")
        let risk = try #require(finding.fixes.first?.risk)
        #expect(risk.contains("ip_local_reserved_ports=9000"))
    }

    /// Ports that were reserved stay it.
    @Test func reservedPortsAreKept() throws {
        let seen = Sick.exhausted.withPorts {
            $0.ranges = [Fixture.range(32768, 60999, inUse: 28_232, timeWait: 0)]
        }.withFacts {
            $0.settings.portRange = 32768...60999
            $0.settings.reservedPorts = "40000-40010"
        }
        let risk = try #require(seen.report.findings[.ephemeralPortsExhausted]?.fixes.first?.risk)
        #expect(risk.contains("ip_local_reserved_ports=40000-40010,9000"))
    }

    /// Ports that are bound for others are told: else few are held, and yet none is left.
    @Test func boundPortsAreAmongTheHeld() throws {
        let seen = Sick.exhausted.withPorts {
            var range = Fixture.range(20000, 20050, inUse: 11, timeWait: 1)
            range.bound = 40
            $0.ranges = [range]
        }
        let finding = try #require(seen.report.findings[.ephemeralPortsExhausted])
        #expect(finding.value("ports_in_use") == 51)
        #expect(
            finding.evidence.contains { $0.text.contains("40 of them by bind() for others, 1 by TIME_WAIT") }
        )
    }

    @Test func widestRangeHasNoWiderOne() throws {
        let seen = Sick.exhausted.withPorts {
            $0.ranges = [Fixture.range(1024, 65535, inUse: 64_512, timeWait: 0)]
        }.withFacts { $0.settings.portRange = 1024...65535 }
        let finding = try #require(seen.report.findings[.ephemeralPortsExhausted])
        #expect(finding.sysctls.isEmpty && !finding.fixes.isEmpty)
    }

    @Test func searchThroughTimeWaitIsMendedByReuse() throws {
        let finding = try #require(Sick.search.report.findings[.portSearchExpensive])
        #expect(finding.confidence == .certain && finding.severity == .critical)
        #expect(finding.sysctls == ["net.ipv4.tcp_tw_reuse": "1"])
        // How many to keep is not for a script to say.
        #expect(finding.directives.isEmpty && finding.fixes.contains { $0.command.hasPrefix("keepalive") })
    }

    /// A range that is full is searched to its end: that follows.
    @Test func searchOfAFullRangeFollows() throws {
        let findings = Sick.exhausted.report.findings
        #expect(findings.map(\.id) == [.ephemeralPortsExhausted, .portSearchExpensive])
        #expect(findings[1].consequenceOf == findings[0].reference)
    }

    @Test func rangeThatNobodyReadIsNoObstacle() throws {
        let seen = Sick.exhausted.withPorts { $0.ranges = [] }
        let finding = try #require(seen.report.findings[.ephemeralPortsExhausted])
        #expect(finding.confidence == .certain && finding.value("port_range_size") == nil)
        #expect(finding.sysctls["net.ipv4.ip_local_port_range"] == "32768 60999")
    }

    // MARK: bind(0)

    @Test func failingBindsAreCertain() throws {
        let finding = try #require(Sick.bind.report.findings[.bindSearchExpensive])
        #expect(finding.confidence == .certain && finding.severity == .critical)
        #expect(finding.impact.failedPerSecond == 20 && finding.subjectText == "haproxy at 10.0.0.1")
        #expect(finding.fixes.first?.command == "source 10.0.0.1")
    }

    /// A hundred a second at 300 µs are 3 % of a CPU.
    @Test func longBindsAreLikely() throws {
        let seen = Fixture.healthy.withPorts {
            $0.connects[Fixture.bindKey("mine")] = Fixture.connects(1000, tried: nil, search: 300_000)
        }
        let finding = try #require(seen.report.findings[.bindSearchExpensive])
        #expect(finding.confidence == .likely && finding.severity == .warning)
        #expect(finding.fixes.first?.command.contains("IP_BIND_ADDRESS_NO_PORT") == true)
    }

    /// Quick ones, however many, and few long ones are nobody's concern.
    @Test(arguments: [(100_000, 3_000), (5, 300_000)] as [(UInt64, UInt64)])
    func otherBindsAreHealthy(count: UInt64, search: UInt64) {
        let seen = Fixture.healthy.withPorts {
            $0.connects[Fixture.bindKey("mine")] = Fixture.connects(count, tried: nil, search: search)
        }
        #expect(seen.report.findings[.bindSearchExpensive] == nil)
    }

    // MARK: TIME_WAIT

    /// 65,536 there and 500 a second more for 60 s; a quarter more, as a power of two, and at
    /// least the double.
    @Test(arguments: [(5_000, 131_072), (20_000, 262_144)] as [(UInt64, Int)])
    func timeWaitLimitFollowsLittlesLaw(overflows: UInt64, value: Int) throws {
        let seen = Sick.timeWait.withFacts { $0.counters.timeWaitOverflows = overflows }
        let finding = try #require(seen.report.findings[.timeWaitLimit])
        #expect(finding.confidence == .certain)
        #expect(finding.sysctls["net.ipv4.tcp_max_tw_buckets"] == "\(value)")
    }

    @Test func nearTheLimitIsOnlyPossible() throws {
        let seen = Sick.timeWait.withFacts { $0.counters.timeWaitOverflows = 0 }
        let finding = try #require(seen.report.findings[.timeWaitLimit])
        #expect(finding.confidence == .possible && finding.severity == .info)
    }
}
