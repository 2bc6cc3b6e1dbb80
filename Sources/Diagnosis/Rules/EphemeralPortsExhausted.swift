// SPDX-License-Identifier: Apache-2.0
import Model

/// Connects search for a local port and find none: each is held towards their destination, or is
/// reserved (`__inet_hash_connect`).
struct EphemeralPortsExhausted: Rule {
    var ids: [FindingID] { [.ephemeralPortsExhausted] }

    func examine(_ seen: Observation) throws -> [Finding] {
        try Upstream.all(seen).filter { $0.withoutPort > 0 }.map { try finding($0, seen) }
    }

    private func finding(_ upstream: Upstream, _ seen: Observation) throws -> Finding {
        let failed = upstream.withoutPort
        let share = Double(failed) / Double(max(upstream.stats.connects, 1))
        let fixes = UpstreamFixes(upstream: upstream, seen: seen)
        let isReserved = upstream.size == 0
        let size = upstream.size.map { " of \(Units.exact(UInt64($0)))" } ?? ""
        return Finding(
            id: .ephemeralPortsExhausted, severity: share >= 0.01 ? .critical : .warning,
            confidence: confidence(upstream), subject: upstream.subject, subjectText: upstream.text,
            summary: seen.often(failed, "connect") { $0 ? "fails" : "fail" } + " from \(upstream.command) to "
                + "\(upstream.endpoint) (EADDRNOTAVAIL): "
                + (isReserved
                    ? "net.ipv4.ip_local_reserved_ports covers the whole port range"
                    : "no local port\(size) is left"),
            evidence: try evidence(upstream, seen, share),
            impact: Impact(failed: seen.rate(failed), share: share),
            fixes: [
                fixes.fewerReserved(), fixes.widerRange(), fixes.reuse(), fixes.keepalive(),
                fixes.moreDestinations(),
            ]
            .compactMap(\.self),
            check: "tcpwhy ports --failed -P \(upstream.destination.port) -d 10",
            unsettled: confidence(upstream) == .certain
                ? "" : "who held the ports at that moment: ss -tan 'dport = :\(upstream.destination.port)'")
    }

    /// Each search that ended in vain was seen. Looks at the ports that found most of them free
    /// contradict it: unless they were held for moments between two looks, something else is behind it.
    private func confidence(_ upstream: Upstream) -> Confidence {
        guard let size = upstream.size, let held = upstream.range?.held else { return .certain }
        return Double(held) >= Double(size) * 0.9 ? .certain : .likely
    }

    private func evidence(
        _ upstream: Upstream, _ seen: Observation, _ share: Double
    ) throws -> [Evidence] {
        let backend = try seen.ports.get().backend
        var evidence = [
            Evidence(
                "eaddrnotavail_per_s", seen.rate(upstream.withoutPort),
                "\(Units.exact(upstream.withoutPort)) of \(Units.exact(upstream.stats.connects)) connects "
                    + "searched for a port and found none (\(Units.percent(share)))",
                by: .traced(backend))
        ]
        if let range = upstream.range, let size = upstream.size {
            evidence.append(
                Evidence(
                    "port_range_size", Double(size),
                    "net.ipv4.ip_local_port_range is \(range.low) to \(range.high)"
                        + (range.reserved > 0 ? ", \(range.reserved) of it reserved" : ""), by: .setting))
            guard size > 0 else { return evidence }
            evidence.append(
                Evidence(
                    "ports_in_use", Double(range.held),
                    upstream.heldText, by: .sampled))
        }
        return evidence
    }
}
