// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// Connection tracking, memory, CPUs, retransmits.
@Suite struct LimitTests {
    private func conntrack(_ table: Conntrack) -> Observation {
        Fixture.healthy.withDrops { $0.conntrack[Fixture.netns] = table }
    }

    /// 200 there and 100 refused a second for 120 s; a quarter more, as a power of two.
    @Test func tableIsComputedFromRefusals() throws {
        let finding = try #require(Sick.conntrack.report.findings[.conntrackTableFull])
        #expect(finding.confidence == .certain && finding.severity == .critical)
        #expect(finding.sysctls == ["net.netfilter.nf_conntrack_max": "16384"])
        #expect(finding.fixes[0].what.contains("initial namespace"))
        #expect(finding.impact.delayedPerSecond == 100)
    }

    /// A quarter of 1 MiB holds 819 entries of 320 bytes.
    @Test func tableIsNoLargerThanMemoryHolds() throws {
        var seen = Sick.conntrack
        seen.availableMemory = 1 << 20
        let finding = try #require(seen.report.findings[.conntrackTableFull])
        #expect(finding.sysctls == ["net.netfilter.nf_conntrack_max": "819"])
        seen.availableMemory = 100_000
        #expect(seen.report.findings[.conntrackTableFull]?.sysctls == [:])
    }

    /// The kernel's counter mixes in what helpers refuse.
    @Test(arguments: [(200, .certain), (20, .likely)] as [(UInt64, Confidence)])
    func kernelsCounterIsSureOnlyOfAFullTable(count: UInt64, confidence: Confidence) throws {
        let seen = conntrack(
            Conntrack(count: count, maximum: 200, full: 1000, insertFailed: 0, earlyDrop: 0))
        #expect(seen.report.findings[.conntrackTableFull]?.confidence == confidence)
    }

    @Test func nearlyFullIsAWarning() throws {
        let seen = conntrack(
            Conntrack(count: 190, maximum: 200, full: 0, insertFailed: 0, earlyDrop: 0, backend: .fentry))
        let finding = try #require(seen.report.findings[.conntrackTableFull])
        #expect(finding.severity == .warning && finding.confidence == .likely)
        #expect(finding.sysctls == ["net.netfilter.nf_conntrack_max": "512"])
    }

    @Test func roomyTableIsHealthy() {
        let seen = conntrack(
            Conntrack(count: 100, maximum: 262_144, full: 0, insertFailed: 3, earlyDrop: 0, backend: .fentry))
        #expect(seen.report.findings[.conntrackTableFull] == nil)
        let raced = conntrack(
            Conntrack(count: 100, maximum: 262_144, full: 0, insertFailed: 900, earlyDrop: 0))
        #expect(raced.report.findings[.conntrackTableFull]?.confidence == .possible)
        let gone = conntrack(Conntrack(count: nil, maximum: nil, full: 5, insertFailed: nil, earlyDrop: nil))
        #expect(gone.report.findings[.conntrackTableFull]?.confidence == .likely)
    }

    /// Each namespace has a table of its own, though one limit.
    @Test func tablesOfNamespacesAreToldApart() throws {
        var seen = Sick.conntrack
        seen.namespaces[Fixture.blue] = Fixture.facts(prefix: "ip netns exec blue ")
        seen = seen.withDrops { $0.conntrack[Fixture.blue] = $0.conntrack[Fixture.netns] }
        let subjects = seen.report.findings.filter { $0.id == .conntrackTableFull }.map(\.subjectText)
        #expect(subjects.sorted() == ["namespace blue", "this network namespace"])
    }

    // MARK: Memory

    @Test func memoryLimitsGrowInProportion() throws {
        let finding = try #require(Sick.memory.report.findings[.tcpMemoryPressure])
        #expect(finding.confidence == .certain && finding.severity == .warning)
        // 140,000 pages in use and half of 1 GiB more; the double would be 280,000.
        #expect(finding.sysctls["net.ipv4.tcp_mem"] == "208516 271072 417033")
    }

    /// Orphans count fourfold at worst; 20,000 and ten aborts a second for a minute.
    @Test func orphansAreTold() throws {
        let seen = Fixture.healthy.withFacts {
            $0.use.orphans = 20_000
            $0.counters.abortsOnMemory = 100
        }
        let finding = try #require(seen.report.findings[.tcpMemoryPressure])
        #expect(finding.severity == .critical && finding.impact.failedPerSecond == 10)
        #expect(finding.sysctls["net.ipv4.tcp_max_orphans"] == "131072")
    }

    @Test func packetsLostForMemoryAreLikely() throws {
        let seen = Fixture.healthy.withDrops { $0.packets = [Fixture.packet("PROTO_MEM", port: 80): 50] }
        let finding = try #require(seen.report.findings[.tcpMemoryPressure])
        #expect(finding.confidence == .likely && finding.value("memory_drops_per_s") == 5)
    }

    @Test func slowReadersAreOnlyPossible() {
        #expect(Fixture.healthy.withFacts { $0.counters.pruned = 2000 }.sure == [])
    }

    // MARK: CPUs

    private func cpus(_ times: CPUTime...) -> DiagnosisReport {
        var seen = Fixture.healthy
        var hotspots = Fixture.hotspots()
        hotspots.cpus = CPUTimes(
            uniqueKeysWithValues: times.enumerated().map { (Int32($0.offset), $0.element) })
        seen.hotspots = .seen(hotspots)
        return seen.report
    }

    @Test func oneHotCPUIsOneQueue() throws {
        let report = cpus(
            Fixture.cpu(system: 5, softirq: 90), Fixture.cpu(user: 20), Fixture.cpu(user: 20), Fixture.cpu())
        let finding = try #require(report.findings[.cpuSaturated])
        #expect(finding.confidence == .likely && finding.summary.hasPrefix("CPU 0"))
        #expect(finding.fixes[0].command.contains("echo f >"))
    }

    /// Programs that need the CPUs, and loopback traffic that does, are not sick.
    @Test(arguments: [(95, 4, 1), (20, 50, 30), (25, 45, 25)] as [(UInt64, UInt64, UInt64)])
    func busyCPUsAreHealthy(user: UInt64, system: UInt64, softirq: UInt64) {
        let time = Fixture.cpu(user: user, system: system, softirq: softirq)
        let finding = cpus(time, time).findings[.cpuSaturated]
        #expect(finding == nil || finding?.confidence == .possible)
    }

    @Test func shortRunsHaveNoShares() {
        var short = CPUTime()
        short.system = 9
        #expect(cpus(short).notExamined[.cpuSaturated]?.contains("too short") == true)
    }

    @Test(arguments: [(1, "1"), (4, "f"), (32, "ffffffff"), (36, "f,ffffffff"), (64, "ffffffff,ffffffff")])
    func masksHaveABitForEachCPU(cpus: Int, mask: String) {
        #expect(CPUSaturated.mask(cpus: cpus) == mask)
    }

    // MARK: Retransmits

    private func sentAgain(_ change: (inout TCPCounters) -> Void) -> Finding? {
        Fixture.healthy.withFacts { change(&$0.counters) }.report.findings[.retransmits]
    }

    @Test func directionIsTold() throws {
        let data = try #require(sentAgain { $0.retransmitted = 5000 })
        #expect(data.summary.contains("segments") && data.impact.delay == 200_000_000)
        // Timeouts of SYN-ACKs count as well: with no connect of our own it is clients who do not answer.
        let accepts = try #require(
            sentAgain {
                $0.retransmitted = 2000
                $0.synRetransmitted = 2000
                $0.timeouts = 1500
                $0.activeOpens = 0
            })
        #expect(accepts.summary.contains("SYN-ACKs a second"))
        let connects = try #require(
            sentAgain {
                $0.retransmitted = 2000
                $0.synRetransmitted = 2000
                $0.timeouts = 1500
                $0.passiveOpens = 0
            })
        #expect(connects.summary.contains("SYNs a second") && connects.impact.delay == 1_000_000_000)
        let either = try #require(
            sentAgain {
                $0.retransmitted = 2000
                $0.synRetransmitted = 2000
            })
        #expect(either.summary.contains("handshake packets a second"))
    }

    /// SYNs of connects that began before the run: no new ones, and nobody listens.
    @Test func oldConnectsAreNoClients() throws {
        let seen = Fixture.healthy.withDrops { $0.listeners = [:] }.withFacts {
            $0.counters = TCPCounters()
            $0.counters.retransmitted = 119
            $0.counters.synRetransmitted = 119
            $0.counters.timeouts = 119
        }
        #expect(seen.report.findings[.retransmits]?.summary.contains("SYNs a second") == true)
    }

    /// Where it is traced what was sent again is told apart, whatever counters add up, and named.
    @Test(
        arguments: [
            (.syn, false, "200 SYNs a second", "192.0.2.7:80 does not answer"),
            (.synAck, true, "200 SYN-ACKs a second", "clients of 192.0.2.7:80 do not answer"),
            (.data, true, "500 segments a second", "segments of connections of 192.0.2.7:80 get lost"),
            (.data, false, "500 segments a second", "segments of connections to 192.0.2.7:80 get lost"),
        ] as [(Resend.Kind, Bool, String, String)])
    func whatIsSentAgainIsNamed(kind: Resend.Kind, isLocal: Bool, often: String, who: String) throws {
        let seen = Fixture.healthy.withFacts {
            $0.counters.retransmitted = kind == .data ? 5000 : 2000
            $0.counters.synRetransmitted = kind == .data ? 0 : 2000
        }.withDrops {
            $0.resent = [
                Resend(
                    kind: kind, netns: Fixture.netns, isLocal: isLocal, address: Fixture.remote, port: 80):
                    1900,
                Resend(
                    kind: kind, netns: Fixture.netns, isLocal: isLocal, address: Fixture.localhost, port: 81):
                    100,
            ]
        }
        let finding = try #require(seen.report.findings[.retransmits])
        #expect(finding.summary.hasPrefix(often) && finding.summary.contains(who), "\(finding.summary)")
        #expect(finding.subjectText == "192.0.2.7:80" && finding.value("most_resent_per_s") == 190)
    }

    @Test func listenerWhoseClientsAreSilentIsNamed() throws {
        let seen = Fixture.healthy.withFacts {
            $0.counters.retransmitted = 2000
            $0.counters.synRetransmitted = 2000
        }.withDrops { $0.listeners[Fixture.web]?.queues?.synQueue = 30 }
        let finding = try #require(seen.report.findings[.retransmits])
        #expect(
            finding.summary.contains("SYN-ACKs a second") && finding.summary.contains("clients of 0.0.0.0:80")
        )
    }

    /// In proportion to what is sent: a busy machine may lose what an idle one may not.
    @Test(arguments: [(5, nil), (900, nil), (1500, .possible), (3000, .likely)] as [(UInt64, Confidence?)])
    func proportionDecides(retransmitted: UInt64, confidence: Confidence?) {
        #expect(sentAgain { $0.retransmitted = retransmitted }?.confidence == confidence)
    }

    /// Probes for a late acknowledgement are no loss.
    @Test func lossProbesAreNoLoss() {
        #expect(
            sentAgain {
                $0.retransmitted = 5000
                $0.lossProbes = 4900
            } == nil)
    }

    @Test func destinationThatIsSilentIsNamed() throws {
        let seen = Sick.lossy.withFacts {
            $0.counters.synRetransmitted = 5000
            $0.counters.timeouts = 2000
            $0.counters.passiveOpens = 0
        }.withPorts {
            $0.connects[Fixture.key(to: 443, at: Fixture.remote)] = Fixture.connects(900, failed: [110: 900])
        }
        let finding = try #require(seen.report.findings[.retransmits])
        #expect(finding.summary.hasSuffix("192.0.2.7:443 does not answer"))
        #expect(finding.fixes.first?.what.contains("192.0.2.7:443") == true)
    }

    @Test func resetsAreOnlyPossible() throws {
        let finding = try #require(sentAgain { $0.establishedResets = 15_000 })
        #expect(finding.confidence == .possible && finding.summary.contains("reset"))
    }
}
