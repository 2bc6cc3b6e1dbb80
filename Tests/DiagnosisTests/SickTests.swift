// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// One sickness at a time.
@Suite struct SickTests {
    /// It comes first, and no other cause is named with more than a possibility.
    @Test(arguments: Sick.ids)
    func oneSicknessHasOneCause(id: FindingID) throws {
        let seen = try #require(Sick.all[id])
        let causes = seen.report.findings.filter { $0.consequenceOf == nil && $0.confidence > .possible }
        #expect(causes.map(\.id) == [id])
    }

    /// Seen with less, it is found all the same, and never with more confidence.
    @Test(arguments: Sick.ids)
    func tracepointsSeeTheSameWithNoMoreConfidence(id: FindingID) throws {
        let seen = try #require(Sick.all[id])
        let full = try #require(seen.report.findings[id])
        // The causes of SYN drops are in the namespace's counters then.
        let narrow = seen.byTracepoints.withFacts {
            guard id == .synFlood || id == .synQueueOverflow else { return }
            $0.counters.requestQueueFullDrops = id == .synFlood ? 50_000 : 1000
            $0.counters.passiveOpens = id == .synFlood ? 1000 : 10_000
        }
        let causes = narrow.report.findings.filter { $0.consequenceOf == nil && $0.confidence > .possible }
        #expect(causes.map(\.id) == [id])
        let same = try #require(causes.first)
        #expect(same.confidence <= full.confidence)
    }

    @Test func sampledAndMixedEvidenceIsNeverCertain() throws {
        for id: FindingID in [.acceptQueueOverflow, .workersTooFew, .portSearchExpensive] {
            let seen = try #require(Sick.all[id])
            #expect(seen.report.findings[id]?.confidence == .certain)
            #expect(seen.byTracepoints.report.findings[id]?.confidence == .likely)
        }
        #expect(Sick.cpu.report.findings[.cpuSaturated]?.confidence == .likely)
    }

    /// A finding names the namespace that it is of, and its commands run there.
    @Test(arguments: Sick.ids)
    func otherNamespacesAreNamed(id: FindingID) throws {
        let seen = try #require(Sick.all[id])
        let moved = seen.withFacts { $0.commandPrefix = "ip netns exec blue " }
        let finding = try #require(moved.report.findings[id])
        for fix in finding.fixes {
            guard case .sysctl(let name, _) = fix.setting else { continue }
            let isWhole = name.contains("nf_conntrack") || name == "net.ipv4.tcp_mem"
            #expect(fix.command.hasPrefix(isWhole ? "sysctl -w " : "ip netns exec blue sysctl -w "))
        }
    }

    /// What is the owner's own state takes an owner.
    @Test func ownerUnknownIsNoObstacle() throws {
        for (id, seen) in Sick.all where ![.ownerStopped, .acceptFails, .cpuThrottled].contains(id) {
            var nobody = seen.withDrops { $0.owners = [:] }
            nobody.processes = [:]
            let finding = try #require(nobody.report.findings[id])
            #expect(!finding.fixes.isEmpty && !finding.summary.contains("  "))
        }
    }
}
