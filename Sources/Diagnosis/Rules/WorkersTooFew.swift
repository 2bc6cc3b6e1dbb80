// SPDX-License-Identifier: Apache-2.0
import Model

/// A server accepts more slowly than connections come: they wait in its accept queue all the
/// time, though the queue may be long enough for all of them.
struct WorkersTooFew: Rule {
    var ids: [FindingID] { [.workersTooFew] }

    /// Shorter waits than this are no reason to wake anyone.
    private static let leastWait: UInt64 = 1_000_000

    func examine(_ seen: Observation) throws -> [Finding] {
        let drops = try seen.drops.get()
        let queues = try AcceptQueue.all(seen)
        guard queues.isEmpty || queues.contains(where: { $0.meanDepth != nil }) else {
            throw NotExamined("how long connections wait is not measured here")
        }
        return queues.filter(Self.isBehind).compactMap { queue in
            let hindrance = Hindrance(queue, seen, drops)
            // Others tell of these: more that serve would not help.
            guard !hindrance.isOutside, !AcceptStalls.tells(of: queue, hindrance) else { return nil }
            return finding(queue, hindrance, seen)
        }
    }

    static func isBehind(_ queue: AcceptQueue) -> Bool {
        guard queue.ownerIsBehind == true, !queue.state.isClosed else { return false }
        guard let accepted = queue.state.accepted, !queue.acceptsAreHidden else { return true }
        // Nothing accepted at all: it hangs, and its waits have not ended.
        return accepted.accepts == 0 || accepted.wait.quantile(0.5) ?? 0 >= leastWait
    }

    private func finding(_ queue: AcceptQueue, _ hindrance: Hindrance, _ seen: Observation) -> Finding {
        let accepts = queue.acceptsPerSecond ?? 0
        let waiting = queue.meanDepth ?? 0
        let workers = queue.owner.workers.count
        let median = queue.acceptsPerSecond == nil ? nil : queue.state.accepted?.wait.quantile(0.5)
        let who =
            "\(queue.owner.name)\(workers > 0 ? " (\(workers) process\(workers == 1 ? "" : "es"))" : "")"
        let endpoint = EndpointText.of(queue.listener.address, queue.listener.port)
        return Finding(
            id: .workersTooFew, severity: severity(queue), confidence: confidence(queue),
            subject: .listener(queue.listener), subjectText: seen.text(of: queue.listener, queue.owner),
            summary: (queue.acceptsPerSecond == nil
                ? "\(who) has \(Units.mean(waiting)) connections waiting on \(endpoint) all the time"
                : accepts == 0
                    ? "\(who) accepts nothing on \(endpoint), where \(Units.mean(waiting)) connections wait: "
                        + "it hangs, or all of it serves connections that stay open"
                    : "\(who) accepts \(Units.mean(accepts)) connections a second on \(endpoint), and "
                        + "\(Units.mean(waiting)) wait there all the time"
                        + (median.map { ", \(Units.duration($0)) each" } ?? "")) + why(queue, hindrance),
            evidence: evidence(queue, waiting) + OwnerEvidence.of(queue.owner, seen),
            impact: queue.impact(seen), fixes: fixes(queue, hindrance, seen),
            check: "tcpwhy listeners -P \(queue.listener.port) -d 10",
            unsettled: confidence(queue) == .certain
                ? "" : "a trace of waits (fentry or kprobes), or the service's own status page")
    }

    /// Of a server that takes many connections in one process.
    private func why(_ queue: AcceptQueue, _ hindrance: Hindrance) -> String {
        switch hindrance {
        case .busy(let share) where !queue.servesOneEach:
            ": its busiest thread takes \(Units.percent(share)) of a CPU, all that one thread can have"
        case .ready where !queue.servesOneEach:
            ": it has time and does not take them, at a limit of its own, it seems"
        default: ""
        }
    }

    private func severity(_ queue: AcceptQueue) -> Severity {
        queue.state.accepted?.wait.quantile(0.5) ?? 0 >= 10_000_000 || queue.overflows > 0
            || queue.acceptsPerSecond == 0 ? .critical : .warning
    }

    private func confidence(_ queue: AcceptQueue) -> Confidence {
        if case .traced(let backend) = queue.depthSource, backend != .tracepoint { return .certain }
        return .likely
    }

    private func evidence(_ queue: AcceptQueue, _ waiting: Double) -> [Evidence] {
        var evidence: [Evidence] = []
        if let accepted = queue.state.accepted, let accepts = queue.acceptsPerSecond {
            evidence.append(
                Evidence(
                    "accepts_per_s", accepts,
                    "\(Units.exact(accepted.accepts)) connections were accepted", by: queue.depthSource))
            if let median = accepted.wait.quantile(0.5), let p99 = queue.waitP99 {
                evidence.append(
                    Evidence(
                        "wait_p50_s", Double(median) / 1e9,
                        "they had waited \(Units.duration(median)) (median), \(Units.duration(p99)) (p99)",
                        by: queue.depthSource))
            }
        }
        evidence.append(
            Evidence(
                "mean_depth", waiting, "\(Units.mean(waiting)) waited at any time, on average",
                by: queue.depthSource))
        if let median = queue.medianDepth {
            evidence.append(
                Evidence(
                    "median_depth", Double(median),
                    "\(median) or more waited at half of the looks: the queue does not run empty",
                    by: .sampled))
        }
        return evidence
    }

    private func fixes(_ queue: AcceptQueue, _ hindrance: Hindrance, _ seen: Observation) -> [Fix] {
        WorkerFixes(queue: queue, hindrance: hindrance, seen: seen).all()
    }
}

extension AcceptQueue {
    /// Whether each connection takes a process or thread of its own.
    var servesOneEach: Bool {
        guard let program = owner.program else { return false }
        return program.capacity(of: Service(listener, state.queues, owner)) != .unlimited
    }
}
