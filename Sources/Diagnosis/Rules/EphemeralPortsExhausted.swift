// SPDX-License-Identifier: Apache-2.0
import Model

/// Connects fail since every local port is held towards their destination.
struct EphemeralPortsExhausted: Rule {
    var ids: [FindingID] { [.ephemeralPortsExhausted] }

    func examine(_ seen: Observation) throws -> [Finding] {
        try Upstream.all(seen).filter { $0.withoutPort > 0 }.map { try finding($0, seen) }
    }

    private func finding(_ upstream: Upstream, _ seen: Observation) throws -> Finding {
        let failed = upstream.withoutPort
        let share = Double(failed) / Double(max(upstream.stats.connects, 1))
        let fixes = UpstreamFixes(upstream: upstream, seen: seen)
        let size = upstream.size.map { " of \(Units.exact(UInt64(max($0, 0))))" } ?? ""
        return Finding(
            id: .ephemeralPortsExhausted, severity: share >= 0.01 ? .critical : .warning,
            confidence: .certain, subject: upstream.subject, subjectText: upstream.text,
            summary: "\(seen.rateText(failed)) connects a second from \(upstream.command) to "
                + "\(upstream.endpoint) fail (EADDRNOTAVAIL): no local port\(size) is left",
            evidence: try evidence(upstream, seen, share),
            impact: Impact(failed: seen.rate(failed), share: share),
            fixes: [fixes.widerRange(), fixes.reuse(), fixes.keepalive(), fixes.moreDestinations()]
                .compactMap(\.self),
            check: "tcpwhy ports --failed -P \(upstream.destination.port) -d 10")
    }

    private func evidence(
        _ upstream: Upstream, _ seen: Observation, _ share: Double
    ) throws -> [Evidence] {
        let backend = try seen.ports.get().backend
        var evidence = [
            Evidence(
                "eaddrnotavail_per_s", seen.rate(upstream.withoutPort),
                "\(Units.exact(upstream.withoutPort)) of \(Units.exact(upstream.stats.connects)) connects "
                    + "failed with EADDRNOTAVAIL (\(Units.percent(share)))",
                by: .traced(backend))
        ]
        if let range = upstream.range, let size = upstream.size {
            evidence.append(
                Evidence(
                    "port_range_size", Double(size),
                    "net.ipv4.ip_local_port_range is \(range.low) to \(range.high)"
                        + (range.reserved > 0 ? ", \(range.reserved) of it reserved" : ""), by: .setting))
            evidence.append(
                Evidence(
                    "ports_in_use", Double(range.held),
                    "\(range.held) of \(size) ports are held towards \(upstream.endpoint), "
                        + "\(upstream.holders)", by: .sampled))
        }
        return evidence
    }
}
