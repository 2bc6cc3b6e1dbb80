// SPDX-License-Identifier: Apache-2.0
import Model

/// Connects try many ports until one is free.
struct PortSearchExpensive: Rule {
    var ids: [FindingID] { [.portSearchExpensive] }

    /// Ports tried per connect, on average. The search starts at a random port, so that a range
    /// half full makes it try about two.
    private let manyPorts = 16.0

    func examine(_ seen: Observation) throws -> [Finding] {
        let backend = try seen.ports.get().backend
        return try Upstream.all(seen).compactMap { finding($0, backend, seen) }
    }

    private func finding(_ upstream: Upstream, _ backend: Backend, _ seen: Observation) -> Finding? {
        let stats = upstream.stats
        guard let tried = stats.tried?.mean ?? expected(upstream), tried >= manyPorts else { return nil }
        let cost = Cost(upstream, backend, seen)
        let fixes = UpstreamFixes(upstream: upstream, seen: seen)
        let ofRange = upstream.size.map { " of \($0)" } ?? ""
        return Finding(
            id: .portSearchExpensive, severity: cost.severity, confidence: confidence(upstream, cost),
            subject: upstream.subject, subjectText: upstream.text,
            summary: "each connect from \(upstream.command) to \(upstream.endpoint) tries "
                + "\(Units.mean(tried))\(ofRange) ports"
                + (cost.mean.map { ", which takes \(Units.duration($0))" } ?? ""),
            evidence: evidence(upstream, backend, tried) + cost.evidence + rangeEvidence(upstream),
            impact: Impact(delayed: seen.rate(stats.connects), share: 1, delay: cost.mean),
            // A wider range fills with TIME_WAIT sockets, too, only later.
            fixes: [
                fixes.reuse(), fixes.keepalive(), upstream.isBlockedByTimeWait ? nil : fixes.widerRange(),
                fixes.moreDestinations(),
            ].compactMap(\.self),
            check: "tcpwhy ports -P \(upstream.destination.port) -d 10",
            unsettled: unsettled(upstream, cost))
    }

    private func unsettled(_ upstream: Upstream, _ cost: Cost) -> String {
        if upstream.stats.tried == nil {
            return "a kernel that allows fentry or kprobes shows the ports tried"
        }
        switch confidence(upstream, cost) {
        case .certain: return ""
        case .likely: return "tcpwhy ports --count-calls, which counts the ports one by one"
        case .possible: return "whether searches stay long once connects find ports free"
        }
    }

    /// How many a search through the range as it is tries, where no probe counts them.
    private func expected(_ upstream: Upstream) -> Double? {
        upstream.range?.expectedTried
    }

    /// Sure only of searches whose cause can be mended by itself: TIME_WAIT sockets that are
    /// not taken over. Else a range full of open connections is the cause.
    private func confidence(_ upstream: Upstream, _ cost: Cost) -> Confidence {
        let byTimeWait = upstream.isBlockedByTimeWait && upstream.timeWaitShare ?? 0 >= 0.25
        guard byTimeWait || (cost.severity > .info && upstream.withoutPort == 0) else { return .possible }
        return upstream.stats.tried != nil && upstream.stats.triedMethod != .estimated ? .certain : .likely
    }

    private func evidence(_ upstream: Upstream, _ backend: Backend, _ tried: Double) -> [Evidence] {
        let source: EvidenceSource =
            switch upstream.stats.tried == nil ? .estimated : upstream.stats.triedMethod {
            case .derived: .derived
            case .counted: .traced(backend)
            case .estimated, nil: .estimated
            }
        return [
            Evidence(
                "ports_tried_mean", tried,
                "\(Units.mean(tried)) ports tried per connect on average, in "
                    + "\(Units.exact(upstream.stats.connects)) connects", by: source)
        ]
    }

    private func rangeEvidence(_ upstream: Upstream) -> [Evidence] {
        guard let range = upstream.range, let size = upstream.size else { return [] }
        return [
            Evidence(
                "time_wait_share", upstream.timeWaitShare ?? 0,
                "\(range.held) of \(size) ports are held, \(upstream.holders), which "
                    + (range.reusesTimeWait ? "may be taken over after a second" : "may not be taken over"),
                by: .sampled)
        ]
    }
}

/// What searches for a port take of time.
private struct Cost {
    /// Of one search, nanoseconds. `nil`: not measured.
    let mean: UInt64?
    let severity: Severity
    let evidence: [Evidence]

    init(_ upstream: Upstream, _ backend: Backend, _ seen: Observation) {
        var evidence: [Evidence] = []
        var busy: Double?
        if backend != .tracepoint, let search = upstream.stats.search, let mean = search.mean {
            let share = seen.duration > 0 ? Double(search.sum) / (seen.duration * 1e9) : 0
            busy = share
            self.mean = UInt64(mean)
            evidence.append(
                Evidence(
                    "search_mean_s", mean / 1e9,
                    "\(Units.duration(UInt64(mean))) per search, \(Units.percent(share)) of a CPU for all of them",
                    by: .traced(backend)))
        } else {
            // The search is not to be seen by itself: the call that does it is.
            mean = upstream.stats.call.mean.map { UInt64($0) }
            if let mean {
                evidence.append(
                    Evidence(
                        "connect_mean_s", Double(mean) / 1e9, "\(Units.duration(mean)) per call of connect()",
                        by: .traced(backend)))
            }
        }
        if case .seen(let hotspots) = seen.hotspots, let share = hotspots.searchShare,
            let cpus = hotspots.busyShare, hotspots.samples > 0
        {
            let ofOne = share * cpus * Double(hotspots.sampling.cpus)
            busy = busy ?? ofOne
            evidence.append(
                Evidence(
                    "cpu_share", share,
                    "\(Units.percent(share)) of all CPU samples are in searches for a port", by: .sampled))
        }
        self.evidence = evidence
        // Of one CPU: a hundredth shows in a flame graph, a tenth in the throughput.
        severity =
            (busy ?? 0) >= 0.1 ? .critical : (busy ?? 0) >= 0.01 || (mean ?? 0) >= 20_000 ? .warning : .info
    }
}
