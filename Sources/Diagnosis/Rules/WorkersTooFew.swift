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

    /// A SYN that found no room is sent again after 1 s, then 2 s, 4 s, …
    /// (`TCP_TIMEOUT_INIT`, include/net/tcp.h): so long a connection stays away, about.
    private static let retryPause = 2.0

    /// One for each connection that is there: those served now, those that wait, and by
    /// Little's law those that stay away since they found no room; a fifth more, since load is
    /// never even. No more than half of the memory that is to be had.
    static func neededWorkers(_ queue: AcceptQueue, _ seen: Observation) -> Int {
        let workers = queue.owner.workers.count
        let away = seen.rate(queue.overflows) * retryPause
        let needed = (Double(workers) + (queue.meanDepth ?? 0) + away) * 1.2
        let rounded = (Int(min(needed, 100_000)) + 4) / 5 * 5
        var most = 100_000
        if let memory = seen.availableMemory, let each = queue.owner.workerMemory, each > 0 {
            most = workers + Int(clamping: memory / 2 / each)
        }
        return max(min(rounded, most), workers + 1)
    }

    private func fixes(_ queue: AcceptQueue, _ hindrance: Hindrance, _ seen: Observation) -> [Fix] {
        guard let program = queue.owner.program, program.takesWorkerEach else {
            return [loopFix(queue, hindrance)]
        }
        let value = Self.neededWorkers(queue, seen)
        guard let line = program.workers(value) else { return [] }
        let memory = queue.owner.workerMemory.map { each in
            let more = UInt64(max(value - queue.owner.workers.count, 0)) &* each
            return "each holds \(Units.bytes(each)), all the new ones \(Units.bytes(more))"
                + (seen.availableMemory.map { " of \(Units.bytes($0)) available" } ?? "")
        }
        return [
            Fix(
                "let \(queue.owner.command) serve \(value) at once, instead of \(queue.owner.workers.count)",
                command: line.line, lasting: line.lasting,
                risk: memory
                    ?? "each holds memory of its own; what it calls (a database) gets more at once, too",
                setting: .directive(program: program.rawValue, name: line.name, value: "\(value)"))
        ]
    }

    /// Of a server that takes many connections in one process.
    private func loopFix(_ queue: AcceptQueue, _ hindrance: Hindrance) -> Fix {
        let pid = queue.owner.workers.last
        let profile = "tcpwhy profile\(pid.map { " -p \($0)" } ?? "") -d 10 --svg busy.svg"
        switch hindrance {
        case .busy:
            return Fix(
                "let more threads or processes of \(queue.owner.name) share the socket, and see what this one "
                    + "is busy with", command: profile)
        case .ready:
            return Fix(
                "raise the number of connections that \(queue.owner.name) allows itself (nginx's "
                    + "worker_connections, HAProxy's maxconn, Tomcat's maxConnections)",
                risk: "each takes memory and a descriptor")
        default:
            return Fix(
                "find out what keeps \(queue.owner.name) from accepting: it serves many connections in "
                    + "one process, which is busy or blocked", command: profile)
        }
    }
}

extension AcceptQueue {
    /// Whether each connection takes a process or thread of its own.
    var servesOneEach: Bool { owner.program?.takesWorkerEach ?? false }
}
