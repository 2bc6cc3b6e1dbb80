// SPDX-License-Identifier: Apache-2.0
import Model

/// Connection tracking has no room for a new connection: its first packet is dropped before
/// any listening socket sees it (`__nf_conntrack_alloc`, net/netfilter/nf_conntrack_core.c).
struct ConntrackTableFull: Rule {
    var ids: [FindingID] { [.conntrackTableFull] }

    /// Of the table in use: what is left is used up by the next burst. `tcpwhy drops` warns
    /// from the same share on.
    private let closeToFull = 0.9
    /// Of new connections: one in a hundred shows in the 99th percentile of response times.
    private let muchOfAll = 0.01

    func examine(_ seen: Observation) throws -> [Finding] {
        try seen.drops.get().conntrack.sorted { $0.key < $1.key }.compactMap { netns, table in
            finding(ConntrackUse(netns, table, seen), seen)
        }
    }

    private func finding(_ use: ConntrackUse, _ seen: Observation) -> Finding? {
        guard let judgement = judge(use) else { return nil }
        let fixes = ConntrackFixes(use: use, seen: seen)
        return Finding(
            id: .conntrackTableFull, severity: judgement.severity, confidence: judgement.confidence,
            subject: .namespace(use.netns), subjectText: seen.name(of: use.netns),
            summary: judgement.summary, evidence: evidence(use, seen),
            // The SYN is sent again after 1 s, 3 s, 7 s.
            impact: Impact(
                delayed: seen.rate(use.refused), share: use.refused > 0 ? use.refusedShare : nil,
                delay: use.refused > 0 ? 1_000_000_000 : nil),
            fixes: judgement.isRace
                ? [fixes.leaveOut()] : [fixes.larger(), fixes.leaveOut()].compactMap(\.self),
            check:
                "\(seen.prefix(use.netns))sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max; "
                + "tcpwhy drops -d 10",
            unsettled: judgement.unsettled)
    }

    private struct Judgement {
        var severity: Severity
        var confidence: Confidence
        var summary: String
        var unsettled = ""
        var isRace = false
    }

    /// `nil`: there is room.
    private func judge(_ use: ConntrackUse) -> Judgement? {
        if use.refused > 0 {
            // By the kernel's counter alone a helper's refusals are among them.
            let isSure = use.table.backend != nil || use.share ?? 0 >= closeToFull
            return Judgement(
                severity: use.refusedShare >= muchOfAll ? .critical : .warning,
                confidence: isSure ? .certain : .likely,
                summary: "the connection tracking table of \(use.name) is full\(use.text): "
                    + "\(use.refusedRate) connections a second lose their first packet",
                unsettled: isSure
                    ? "" : "'nf_conntrack: table full, dropping packet' in the kernel's log (dmesg)")
        }
        if use.madeRoom > 0 {
            return Judgement(
                severity: .warning, confidence: .certain,
                summary: "the connection tracking table of \(use.name) is full\(use.text): room is made by "
                    + "throwing out connections that are not established yet")
        }
        if let share = use.share, share >= closeToFull {
            return Judgement(
                severity: .warning, confidence: .likely,
                summary:
                    "the connection tracking table of \(use.name) is nearly full\(use.text): when it is, "
                    + "new connections lose their first packet",
                unsettled: "net.netfilter.nf_conntrack_count at the time of the highest load")
        }
        // Two packets of one flow that raced: common with DNS over UDP, and then no matter for TCP.
        guard use.raced >= 10, use.racedShare >= muchOfAll else { return nil }
        return Judgement(
            severity: .info, confidence: .possible,
            summary: "\(use.raced) connections could not be entered in the connection tracking table of "
                + "\(use.name), though it is not full: two packets raced, or two connections got one address by NAT",
            unsettled: "conntrack -S; whether they are UDP", isRace: true)
    }

    private func evidence(_ use: ConntrackUse, _ seen: Observation) -> [Evidence] {
        var evidence: [Evidence] = []
        if use.refused > 0 {
            evidence.append(
                Evidence(
                    "conntrack_drops_per_s", seen.rate(use.refused),
                    "\(Units.exact(use.refused)) packets of new connections found no room",
                    by: use.table.backend.map { .traced($0) } ?? .counter, counter: "nf_conntrack drop"))
        }
        if let count = use.table.count {
            evidence.append(
                Evidence(
                    "conntrack_count", Double(count),
                    "\(Units.exact(count)) connections were tracked at the end",
                    by: .counter, counter: "nf_conntrack_count"))
        }
        if let maximum = use.table.maximum {
            evidence.append(
                Evidence(
                    "conntrack_max", Double(maximum), "net.netfilter.nf_conntrack_max is \(maximum)",
                    by: .setting))
        }
        if use.madeRoom > 0 {
            evidence.append(
                Evidence(
                    "early_drops_per_s", seen.rate(use.madeRoom),
                    "\(Units.exact(use.madeRoom)) connections were thrown out to make room", by: .counter,
                    counter: "nf_conntrack early_drop"))
        }
        if use.raced > 0 {
            evidence.append(
                Evidence(
                    "insert_failures_per_s", seen.rate(use.raced),
                    "\(Units.exact(use.raced)) could not be entered for other reasons", by: .counter,
                    counter: "nf_conntrack insert_failed"))
        }
        return evidence
    }
}
