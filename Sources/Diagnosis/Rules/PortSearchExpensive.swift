// SPDX-License-Identifier: Apache-2.0
import Model

/// Connects try many ports until one is free.
struct PortSearchExpensive: Rule {
    var ids: [FindingID] { [.portSearchExpensive] }

    /// Ports tried per connect, on average. The search starts at a random port, so that a range
    /// half full makes it try about two.
    private let manyPorts = 16.0
    /// Of one CPU's time.
    private let muchTime = 0.01
    private let longSearch = 20_000.0

    func examine(_ seen: Observation) throws -> [Finding] {
        let backend = try seen.ports.get().backend
        return try Upstream.all(seen).compactMap { finding($0, backend, seen) }
    }

    private func finding(_ upstream: Upstream, _ backend: Backend, _ seen: Observation) -> Finding? {
        let stats = upstream.stats
        guard let tried = stats.tried?.mean ?? expected(upstream), tried >= manyPorts else { return nil }
        let search = stats.search
        let mean = search?.mean
        let busy = search.map { Double($0.sum) / (seen.duration * 1e9) }
        let isCostly = (busy ?? 0) >= muchTime || (mean ?? 0) >= longSearch
        let fixes = UpstreamFixes(upstream: upstream, seen: seen)
        let ofRange = upstream.size.map { " of \($0)" } ?? ""
        return Finding(
            id: .portSearchExpensive, severity: isCostly && (busy ?? 0) >= 0.1 ? .critical : isCostly ? .warning : .info,
            confidence: confidence(upstream, isCostly), subject: upstream.subject, subjectText: upstream.text,
            summary: "each connect from \(upstream.command) to \(upstream.endpoint) tries "
                + "\(Units.mean(tried))\(ofRange) ports"
                + (mean.map { ", for which it takes \(Units.duration(UInt64($0)))" } ?? ""),
            evidence: evidence(upstream, backend, tried, busy),
            impact: Impact(delayed: seen.rate(stats.connects), share: 1, delay: mean.map { UInt64($0) }),
            fixes: [fixes.reuse(), fixes.keepalive(), fixes.widerRange(), fixes.moreDestinations()]
                .compactMap(\.self),
            check: "tcpwhy ports -P \(upstream.destination.port) -d 10",
            unsettled: stats.tried == nil ? "a kernel that allows fentry or kprobes shows the ports tried" : "")
    }

    /// How many a search through the range as it is tries, where no probe counts them.
    private func expected(_ upstream: Upstream) -> Double? {
        upstream.range?.expectedTried
    }

    /// Sure only of searches whose cause can be mended by itself: TIME_WAIT sockets that are
    /// not taken over. Else a range full of open connections is the cause.
    private func confidence(_ upstream: Upstream, _ isCostly: Bool) -> Confidence {
        let byTimeWait = upstream.isBlockedByTimeWait && upstream.timeWaitShare ?? 0 >= 0.25
        guard byTimeWait || (isCostly && upstream.withoutPort == 0) else { return .possible }
        return upstream.stats.tried != nil && upstream.stats.triedMethod != .estimated ? .certain : .likely
    }

    private func evidence(
        _ upstream: Upstream, _ backend: Backend, _ tried: Double, _ busy: Double?
    ) -> [Evidence] {
        let stats = upstream.stats
        let source: EvidenceSource =
            switch stats.tried == nil ? .estimated : stats.triedMethod {
            case .derived: .derived
            case .counted: .traced(backend)
            case .estimated, nil: .estimated
            }
        var evidence = [
            Evidence(
                "ports_tried_mean", tried, "\(Units.mean(tried)) ports tried per connect on average", by: source)
        ]
        if let search = stats.search, let mean = search.mean, let busy {
            evidence.append(
                Evidence(
                    "search_mean_s", mean / 1e9,
                    "\(Units.duration(UInt64(mean))) per search, \(Units.percent(busy)) of a CPU for all",
                    by: .traced(backend)))
        }
        if let range = upstream.range, let size = upstream.size {
            evidence.append(
                Evidence(
                    "time_wait_share", upstream.timeWaitShare ?? 0,
                    "\(range.inUse) of \(size) ports are held, \(range.timeWait) of them by TIME_WAIT, which "
                        + (range.reusesTimeWait ? "may be taken over after a second" : "may not be taken over"),
                    by: .sampled))
        }
        return evidence
    }
}
