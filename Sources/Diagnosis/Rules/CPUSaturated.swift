// SPDX-License-Identifier: Apache-2.0
import Model

/// The kernel takes all there is of the CPUs, or of the one that has to take all packets.
/// That programs do is not this finding, they are what CPUs are for: but where connections wait
/// meanwhile for a server that gets no CPU.
struct CPUSaturated: Rule {
    var ids: [FindingID] { [.cpuSaturated] }

    /// Of the CPUs' time in the kernel: a busy pair of client and server on one machine, all
    /// traffic on loopback, comes to three quarters and is healthy.
    private let kernel = (possible: 0.7, likely: 0.9)
    /// For packets alone: on loopback a third.
    private let packets = 0.6
    /// With more time idle than this the CPUs are not what lacks.
    private let idle = (possible: 0.1, likely: 0.05)
    /// A hypervisor that takes a tenth is worth a word.
    private let muchSteal = 0.1

    func examine(_ seen: Observation) throws -> [Finding] {
        let hotspots = try seen.hotspots.get()
        let use = try ProcessorUse(hotspots.cpus)
        let starved = Self.starved(seen)
        guard let state = judge(use) ?? (starved.isEmpty ? nil : Self.judge(use, starved)) else { return [] }
        return [
            Finding(
                id: .cpuSaturated, severity: state.confidence == .possible ? .info : .warning,
                confidence: state.confidence, subject: .host, subjectText: "this host",
                summary: state.summary,
                evidence: evidence(use) + Self.evidence(starved) + functions(hotspots),
                impact: starved.first?.impact(seen) ?? Impact(),
                fixes: state.isOneQueue ? [spread(use)] : [profile()], check: "tcpwhy hotspots 10 1",
                unsettled: "the same at the time of the highest load; tcpwhy profile -d 10 --svg busy.svg")
        ]
    }

    /// Queues in which connections wait for a server that gets no CPU.
    private static func starved(_ seen: Observation) -> [AcceptQueue] {
        guard case .seen(let drops) = seen.drops, let queues = try? AcceptQueue.all(seen) else { return [] }
        return queues.filter {
            $0.ownerIsBehind == true && !$0.state.isClosed && Hindrance($0, seen, drops) == .noProcessor
        }.sorted { $0.meanDepth ?? 0 > $1.meanDepth ?? 0 }
    }

    private static func judge(_ use: ProcessorUse, _ starved: [AcceptQueue]) -> Judgement {
        let names = Set(starved.map(\.owner.name)).sorted().prefix(3).joined(separator: ", ")
        return Judgement(
            confidence: .likely,
            summary: "no CPU is idle (programs take \(Units.percent(use.user)), the kernel "
                + "\(Units.percent(use.kernel))), and connections wait for \(names), which wants to run: "
                + "more workers would only take turns")
    }

    private static func evidence(_ starved: [AcceptQueue]) -> [Evidence] {
        starved.prefix(3).map { queue in
            let depth = queue.meanDepth ?? 0
            return Evidence(
                "mean_depth", depth,
                "\(Units.mean(depth)) connections wait at "
                    + "\(EndpointText.of(queue.listener.address, queue.listener.port)) on average",
                by: queue.depthSource)
        }
    }

    private struct Judgement {
        var confidence: Confidence
        var summary: String
        var isOneQueue = false
    }

    /// `nil`: CPUs are not what lacks. Samples and ticks show no more than a likelihood.
    private func judge(_ use: ProcessorUse) -> Judgement? {
        if let hot = use.hot {
            return Judgement(
                confidence: .likely,
                summary:
                    "CPU \(hot.cpu) spends \(Units.percent(hot.packets)) of its time on packets, while the others "
                    + "are \(Units.percent(hot.others)) busy: all packets come by one queue", isOneQueue: true
            )
        }
        let kernelIsAll = "the kernel takes \(Units.percent(use.kernel)) of all CPU time"
        if use.idle <= idle.likely, use.kernel >= kernel.likely || use.packets >= packets {
            return Judgement(
                confidence: .likely,
                summary: "\(kernelIsAll), \(Units.percent(use.packets)) for packets: no CPU is left")
        }
        if use.idle <= idle.possible, use.kernel >= kernel.possible {
            return Judgement(confidence: .possible, summary: "\(kernelIsAll), and hardly any is left")
        }
        guard use.steal >= muchSteal else { return nil }
        return Judgement(
            confidence: .possible,
            summary:
                "the hypervisor takes \(Units.percent(use.steal)) of the CPU time that this machine wants")
    }

    private func evidence(_ use: ProcessorUse) -> [Evidence] {
        func share(_ name: String, _ value: Double, _ text: String) -> Evidence {
            Evidence(name, value, "\(Units.percent(value)) \(text)", by: .counter, counter: "/proc/stat")
        }
        return [
            share("kernel_share", use.kernel, "of the time of \(use.cpus) CPUs in the kernel"),
            share("packet_share", use.packets, "of it all for packets (softirq, irq)"),
            share("user_share", use.user, "in programs"), share("idle_share", use.idle, "idle"),
        ] + (use.steal > 0.01 ? [share("steal_share", use.steal, "taken by the hypervisor")] : [])
    }

    /// The kernel's functions that ran most.
    private func functions(_ hotspots: HotspotsInterval) -> [Evidence] {
        hotspots.counts.functions.filter { $0.key.isKernel && $0.value.own > 0 }
            .sorted { ($0.value.own, $1.key.text) > ($1.value.own, $0.key.text) }.prefix(5)
            .compactMap { function, count in
                hotspots.share(count.own).map {
                    Evidence(
                        "cpu_share", $0,
                        "\(Units.percent($0)) of \(Units.exact(hotspots.counts.samples)) samples in \(function.text)",
                        by: .sampled)
                }
            }
    }

    /// A bit for each CPU, 32 in a group, as `rps_cpus` is written.
    static func mask(cpus: Int) -> String {
        let groups = (cpus + 31) / 32
        return (0..<groups).map { index in
            // The group with the highest CPUs comes first and may be smaller.
            let bits = index == 0 ? cpus - (groups - 1) * 32 : 32
            let text = String((UInt64(1) << bits) - 1, radix: 16)
            return index == 0 ? text : String(repeating: "0", count: 8 - text.count) + text
        }.joined(separator: ",")
    }

    private func spread(_ use: ProcessorUse) -> Fix {
        Fix(
            "let all \(use.cpus) CPUs take packets (receive packet steering), or give the network card as many "
                + "queues: ethtool -L",
            command:
                "for queue in /sys/class/net/*/queues/rx-*/rps_cpus; do echo \(Self.mask(cpus: use.cpus)) > $queue; done",
            lasting: "a udev rule or a unit that does the same at start",
            risk: "each packet costs a little more, since it is handed from one CPU to another")
    }

    private func profile() -> Fix {
        Fix(
            "see what the CPUs do: the functions above, and what calls them",
            command: "tcpwhy profile -d 10 --svg busy.svg")
    }
}
