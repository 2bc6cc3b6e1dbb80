// SPDX-License-Identifier: Apache-2.0
import Model

/// A server does not come to accept for a while, again and again: it sleeps or works in the
/// middle of its loop. Most connections may wait no time at all, and some wait as long as a stall.
struct AcceptStalls: Rule {
    var ids: [FindingID] { [.acceptStalls] }

    func examine(_ seen: Observation) throws -> [Finding] {
        let drops = try seen.drops.get()
        let queues = try AcceptQueue.all(seen)
        guard queues.isEmpty || queues.contains(where: { $0.state.accepted != nil || $0.meanDepth != nil })
        else { throw NotExamined("how long connections wait is not measured here") }
        return queues.compactMap { queue in
            guard !queue.state.isClosed, !queue.acceptsAreHidden else { return nil }
            let hindrance = Hindrance(queue, seen, drops)
            guard !hindrance.isOutside else { return nil }
            let isBehind = WorkersTooFew.isBehind(queue)
            let tells =
                isBehind ? Self.tells(of: queue, hindrance) : Self.longWaits(queue) != nil
            return tells ? finding(queue, hindrance, seen) : nil
        }
    }

    /// Whether this, and not the number of workers, is what there is to say of a queue that never
    /// runs empty.
    static func tells(of queue: AcceptQueue, _ hindrance: Hindrance) -> Bool {
        !queue.servesOneEach && (hindrance == .asleep || longWaits(queue) != nil)
    }

    /// Nobody notices less.
    private static let leastWait: UInt64 = 100_000_000
    /// So many times the median: else all waits are alike.
    private static let leastRatio: UInt64 = 10
    private static let fewest: UInt64 = 10
    /// Of all connections.
    private static let leastShare = 0.005
    /// Where each takes a worker, all of them are busy for a moment in every burst.
    private static let leastShareOfWorkers = 0.1

    /// Waits that are much longer than most, and how many there were. `nil`: all are alike, or
    /// hardly any is long.
    static func longWaits(_ queue: AcceptQueue) -> (wait: UInt64, count: UInt64)? {
        guard let waits = queue.state.accepted?.wait, let median = waits.quantile(0.5) else { return nil }
        let long = max(leastWait, median &* leastRatio)
        let count = waits.count(atLeast: long)
        let share = queue.servesOneEach ? leastShareOfWorkers : leastShare
        guard count >= fewest, Double(count) >= Double(waits.count) * share else { return nil }
        return (long, count)
    }

    private func finding(_ queue: AcceptQueue, _ hindrance: Hindrance, _ seen: Observation) -> Finding {
        let confidence = Self.confidence(queue, hindrance, seen)
        let wait = queue.state.accepted?.wait
        let long = Self.longWaits(queue)
        let isAlways = queue.ownerIsBehind == true
        return Finding(
            id: .acceptStalls, severity: confidence == .possible ? .info : isAlways ? .critical : .warning,
            confidence: confidence,
            subject: .listener(queue.listener), subjectText: seen.text(of: queue.listener, queue.owner),
            summary: summary(queue, hindrance, long, seen),
            evidence: waits(queue, long, seen) + OwnerEvidence.of(queue.owner, seen),
            impact: isAlways
                ? queue.impact(seen)
                : Impact(
                    delayed: seen.rate(long?.count ?? 0),
                    share: wait.map { Double(long?.count ?? 0) / Double(max($0.count, 1)) }, delay: long?.wait
                ),
            fixes: fixes(queue, hindrance, seen), check: "tcpwhy listeners -P \(queue.listener.port) -d 10",
            unsettled: confidence == .certain
                ? "" : "what the process does meanwhile: its own trace, or strace -f -r -p PID")
    }

    /// Certain where each wait was measured, and what the owner did meanwhile was seen.
    private static func confidence(
        _ queue: AcceptQueue, _ hindrance: Hindrance, _ seen: Observation
    ) -> Confidence {
        // All workers of a pool are busy for a moment in every burst.
        if queue.servesOneEach { return .possible }
        let isTraced =
            if case .traced(let backend) = queue.depthSource { backend != .tracepoint } else { false }
        if case .busy = hindrance { return isTraced ? .certain : .likely }
        // Without an idle CPU it, or what it waits for, may itself wait to run.
        guard seen.hasIdleProcessor else { return .possible }
        return isTraced && hindrance == .asleep ? .certain : .likely
    }

    private func summary(
        _ queue: AcceptQueue, _ hindrance: Hindrance, _ long: (wait: UInt64, count: UInt64)?,
        _ seen: Observation
    ) -> String {
        let endpoint = EndpointText.of(queue.listener.address, queue.listener.port)
        let looks = seen.looks(at: queue.owner)
        let why =
            switch hindrance {
            case _ where queue.servesOneEach: "all of its workers are busy now and then"
            case .asleep:
                "it is blocked, not busy: asleep" + (looks.place.map { " in \(KernelPlace.text($0))" } ?? "")
            case .busy(let share): "its busiest thread takes \(Units.percent(share)) of a CPU"
            default: "it is busy or blocked in the middle of its work now and then"
            }
        let waits = queue.state.accepted?.wait
        guard let long, let median = waits?.quantile(0.5), let p99 = queue.waitP99 else {
            return "\(queue.owner.name) does not come to accept on \(endpoint), where "
                + "\(Units.mean(queue.meanDepth ?? 0)) connections wait: \(why)"
        }
        return
            "\(queue.owner.name) \(queue.servesOneEach ? "has bursts" : "stalls"): on \(endpoint) half of the connections wait less than "
            + "\(Units.duration(median)) to be accepted, \(Units.exact(long.count)) waited "
            + "\(Units.duration(long.wait)) and more (p99 \(Units.duration(p99))): \(why)"
    }

    private func waits(
        _ queue: AcceptQueue, _ long: (wait: UInt64, count: UInt64)?, _ seen: Observation
    ) -> [Evidence] {
        var evidence: [Evidence] = []
        if let wait = queue.state.accepted?.wait, let median = wait.quantile(0.5), let p99 = queue.waitP99 {
            evidence.append(
                Evidence(
                    "wait_p99_s", Double(p99) / 1e9,
                    "\(Units.exact(wait.count)) connections waited \(Units.duration(median)) (median), "
                        + "\(Units.duration(p99)) (p99), \(Units.duration(wait.maximum)) (the longest)",
                    by: queue.depthSource))
        }
        if let long {
            evidence.append(
                Evidence(
                    "long_waits_per_s", seen.rate(long.count),
                    "\(Units.exact(long.count)) of them waited \(Units.duration(long.wait)) and more",
                    by: queue.depthSource))
        }
        if let depth = queue.meanDepth {
            evidence.append(
                Evidence(
                    "mean_depth", depth, "\(Units.mean(depth)) waited at any time, on average",
                    by: queue.depthSource))
        }
        return evidence
    }

    private func fixes(_ queue: AcceptQueue, _ hindrance: Hindrance, _ seen: Observation) -> [Fix] {
        if queue.servesOneEach { return WorkerFixes(queue: queue, hindrance: hindrance, seen: seen).all() }
        let pid = queue.owner.workers.last
        let process: ShellCommand = pid.map { " -p \($0)" } ?? ""
        if case .busy = hindrance {
            return [
                Fix(
                    "see what \(queue.owner.name) computes at a stretch, and cut it in pieces or give it to "
                        + "other threads", command: "tcpwhy profile\(process) -d 10 --svg busy.svg")
            ]
        }
        return [
            Fix(
                "find the call in which \(queue.owner.name) waits, and take it out of the loop that accepts "
                    + "(threads, or its asynchronous form)",
                command: pid.map { "strace -f -T -p \($0)" } ?? "")
        ]
    }
}
