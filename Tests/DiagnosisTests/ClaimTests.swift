// SPDX-License-Identifier: Apache-2.0
import Model
import Seeded
import Testing

@testable import Diagnosis

/// A finding is a claim: what holds for each of them, whatever was seen.
@Suite struct ClaimTests {
    /// Each sickness by each backend, alone and mixed with others at random.
    private static let runs: [Observation] = {
        var generator = SeededGenerator(seed: 7)
        let sick = Sick.ids.compactMap { Sick.all[$0] } + [Sick.everything, Sick.workersAndOverflow]
        var runs = sick + sick.map(\.byTracepoints)
        for _ in 0..<300 {
            guard var mixed = sick.randomElement(using: &generator) else { continue }
            let other = sick.randomElement(using: &generator) ?? mixed
            if Bool.random(using: &generator) { mixed.ports = other.ports }
            if Bool.random(using: &generator) { mixed.hotspots = other.hotspots }
            mixed = mixed.withPorts { ports in
                for key in ports.connects.keys {
                    let failures = ports.connects[key]?.failed[99] ?? 0
                    guard failures > 0 else { continue }
                    let parts = (0..<2).map { _ in UInt64.random(in: 0...failures / 2, using: &generator) }
                    ports.connects[key]?.withoutPort = parts[0]
                    ports.connects[key]?.tupleTaken = parts[1]
                    ports.connects[key]?.unsent = failures - parts[0] - parts[1]
                }
                for index in ports.ranges.indices {
                    ports.ranges[index].inUse = UInt32.random(in: 0...30_000, using: &generator)
                }
            }
            runs.append(Bool.random(using: &generator) ? mixed.byTracepoints : mixed)
        }
        return runs
    }()

    private func findings() -> [Finding] { Self.runs.flatMap(\.report.findings) }

    /// Certain only where the mechanism itself was counted, one by one.
    @Test func certainRestsOnWhatWasSeen() {
        for finding in findings() where finding.confidence == .certain {
            let seen = finding.evidence.contains {
                $0.source.isExact && $0.source != .setting && $0.value > 0
            }
            #expect(seen, "\(finding.id): \(finding.evidence.map(\.text))")
            #expect(finding.unsettled.isEmpty, "\(finding.id)")
        }
    }

    /// What its evidence says, the finding does not deny.
    @Test func noFindingContradictsItsEvidence() {
        for finding in findings() where finding.confidence == .certain {
            switch finding.id {
            case .ephemeralPortsExhausted:
                let held = finding.value("ports_in_use"), size = finding.value("port_range_size")
                if let held, let size { #expect(held >= size * 0.9, "\(finding.evidence.map(\.text))") }
            case .acceptQueueOverflow: #expect(finding.value("listen_overflows_per_s") ?? 0 > 0)
            case .workersTooFew: #expect(finding.value("mean_depth") ?? 0 >= 1)
            case .synQueueOverflow, .synFlood:
                #expect(
                    (finding.value("syn_queue_drops_per_s") ?? 0) + (finding.value("syn_cookies_per_s") ?? 0)
                        > 0)
            default: break
            }
        }
    }

    /// A share is one, and impact and evidence are numbers.
    @Test func numbersAreSound() {
        for finding in findings() {
            if let share = finding.impact.share { #expect((0...1).contains(share), "\(finding.id) \(share)") }
            #expect(finding.impact.failedPerSecond.isFinite && finding.impact.failedPerSecond >= 0)
            #expect(finding.evidence.allSatisfy { $0.value.isFinite && $0.value >= 0 }, "\(finding.id)")
        }
    }

    /// What is only possible raises no alarm.
    @Test func possibleIsNeverCritical() {
        for finding in findings() where finding.confidence == .possible {
            #expect(finding.severity == .info, "\(finding.id.rawValue): \(finding.summary)")
        }
    }

    /// A setting is only ever raised, but for switches and lists.
    @Test func valuesAreAboveTodays() {
        let grow = [
            "net.core.somaxconn", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_max_tw_buckets",
            "net.ipv4.tcp_max_orphans",
        ]
        for run in Self.runs {
            guard let settings = run.namespaces[Fixture.netns]?.settings else { continue }
            let now = [settings.somaxconn, settings.maxSynBacklog, settings.maxTimeWait, settings.maxOrphans]
            for finding in run.report.findings {
                for (name, today) in zip(grow, now) {
                    guard let value = finding.sysctls[name].flatMap({ Int($0) }), let today else { continue }
                    #expect(value > today, "\(finding.id): \(name)")
                }
            }
        }
    }
}
