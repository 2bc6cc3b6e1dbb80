// SPDX-License-Identifier: Apache-2.0
import Model

/// The host's own queueing discipline drops what it sends.
struct QdiscDrops: Rule {
    var ids: [FindingID] { [.qdiscDrops] }

    /// Fewer say nothing of proportions.
    private let least: UInt64 = 10
    private let leastRate = 1.0
    /// What can never pass is tried again less and less often.
    private let leastTooLarge: UInt64 = 3
    /// Of what an interface is given: with a loss of one in a thousand a connection over 100 ms gets
    /// some 4 Mbit/s (Mathis et al., 1997).
    private let full = (some: 0.001, much: 0.02)
    /// Early drops are how CoDel and its kin tell senders to slow down: up to some in a hundred they do
    /// their work.
    private let early = 0.05

    func examine(_ seen: Observation) throws -> [Finding] {
        try seen.requireNamespaces()
        guard seen.namespaces.values.contains(where: { $0.qdiscs != nil }) else {
            throw NotExamined("the queueing disciplines could not be read by netlink")
        }
        return QueueDrops.all(seen).filter { isMuch($0, seen) }.map { finding($0, seen) }
    }

    private func isMuch(_ drops: QueueDrops, _ seen: Observation) -> Bool {
        if drops.reason == .tooLarge { return drops.count >= leastTooLarge && drops.share >= full.some }
        return drops.count >= least && seen.rate(drops.count, in: drops.netns) >= leastRate
            && drops.share >= (drops.reason == .early ? early : full.some)
    }

    private func severity(_ drops: QueueDrops) -> Severity {
        switch drops.reason {
        case .full, .tooLarge: drops.share >= full.much ? .critical : .warning
        case .early, .told: .warning
        }
    }

    private func finding(_ drops: QueueDrops, _ seen: Observation) -> Finding {
        let rate = seen.rate(drops.count, in: drops.netns)
        let device: ShellCommand = drops.qdisc.link.map { " dev \($0.name)" } ?? ""
        return Finding(
            id: .qdiscDrops, severity: severity(drops), confidence: .certain,
            subject: .interface(drops.interface, netns: drops.netns),
            subjectText: "\(drops.interface) \(drops.name)" + place(drops, seen),
            summary: "the queueing discipline \(drops.name) of \(drops.interface)\(place(drops, seen)) drops "
                + "\(seen.rateText(drops.count, in: drops.netns)) packets a second of what is sent, "
                + "\(Units.percent(drops.share)) of them: \(reason(drops))",
            evidence: evidence(drops, rate, seen),
            // TCP_RTO_MIN (include/net/tcp.h), unless later segments are acknowledged.
            impact: Impact(delayed: rate, share: drops.share, delay: 200_000_000),
            fixes: QdiscFixes(drops: drops, seen: seen).all(),
            check: "\(seen.prefix(drops.netns))tc -s qdisc show\(device)")
    }

    private func place(_ drops: QueueDrops, _ seen: Observation) -> String {
        seen.namespaces[drops.netns]?.commandPrefix == "" ? "" : " in \(seen.name(of: drops.netns))"
    }

    private func reason(_ drops: QueueDrops) -> String {
        switch drops.reason {
        case .full: "its queue is full"
        case .tooLarge:
            "packets of the interface's MTU are larger than its burst or its limit, and can never pass"
        case .early: "it keeps its queue short on purpose, and more is sent than it lets pass"
        case .told: "netem was told to lose packets"
        }
    }

    private func evidence(_ drops: QueueDrops, _ rate: Double, _ seen: Observation) -> [Evidence] {
        var evidence = [
            Evidence(
                "qdisc_drops_per_s", rate,
                "\(Units.exact(drops.count)) of \(Units.exact(drops.all)) packets were dropped before they left",
                by: .counter, counter: QueueDrops.counter)
        ]
        if let limit = drops.qdisc.settings.limit {
            let isBytes = ["tbf", "bfifo"].contains(drops.qdisc.kind)
            evidence.append(
                Evidence(
                    isBytes ? "qdisc_limit_bytes" : "qdisc_limit_packets", Double(limit),
                    "\(drops.name) holds \(isBytes ? Units.bytes(UInt64(limit)) : "\(Units.exact(UInt64(limit))) packets")",
                    by: .setting))
        }
        if drops.reason == .tooLarge, let burst = drops.qdisc.settings.burst, let largest = drops.largest {
            evidence.append(
                Evidence(
                    "qdisc_burst_bytes", Double(burst),
                    "its burst is \(Units.exact(burst)) bytes; the interface is given packets of up to "
                        + "\(Units.exact(largest))", by: .setting))
        }
        if let traced = traced(in: drops.netns, seen) {
            evidence.append(
                Evidence(
                    "packets_dropped_per_s", seen.rate(traced),
                    "\(Units.exact(traced)) packets were freed with reason QDISC_… in \(seen.name(of: drops.netns))",
                    by: .traced(.tracepoint)))
        }
        return evidence
    }

    /// Packets that the kernel freed for such a reason (enum skb_drop_reason, from Linux 5.17 on).
    /// `nil`: none, or packets are not traced.
    private func traced(in netns: UInt32, _ seen: Observation) -> UInt64? {
        guard case .seen(let drops) = seen.drops, let packets = drops.packets else { return nil }
        let count = packets.reduce(0 as UInt64) { sum, packet in
            packet.key.netns == netns && packet.key.reason?.hasPrefix("QDISC_") ?? false
                ? sum &+ packet.value : sum
        }
        return count > 0 ? count : nil
    }
}
