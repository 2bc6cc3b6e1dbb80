// SPDX-License-Identifier: Apache-2.0
import Model

/// Connections find a listening socket's accept queue full.
///
/// Where the owner keeps up on the whole, the queue is too short for its bursts: then this is a
/// cause. Where the owner is behind, `WorkersTooFew` is, and this follows from it.
struct AcceptQueueOverflow: Rule {
    var ids: [FindingID] { [.acceptQueueOverflow] }

    func examine(_ seen: Observation) throws -> [Finding] {
        try AcceptQueue.all(seen).filter { $0.overflows > 0 }.map { finding($0, seen) }
    }

    private func finding(_ queue: AcceptQueue, _ seen: Observation) -> Finding {
        let arrivals = queue.overflows &+ (queue.state.accepted?.accepts ?? 0)
        let share = queue.state.accepted == nil ? nil : Double(queue.overflows) / Double(arrivals)
        let resets = queue.state.drops?[.acceptQueueFullReset] ?? 0
        let lost = seen.rate(resets)
        let name = queue.owner.name
        let limit = queue.limit.map { " (limit \($0))" } ?? ""
        return Finding(
            id: .acceptQueueOverflow,
            severity: (share ?? 1) >= 0.05 || lost > 0 ? .critical : .warning,
            confidence: confidence(queue), subject: .listener(queue.listener),
            subjectText: seen.text(of: queue.listener, queue.owner),
            summary: seen.often(queue.overflows, "connection") { $0 ? "finds" : "find" }
                + " the accept queue of "
                + "\(EndpointText.of(queue.listener.address, queue.listener.port)) full\(limit): "
                + (queue.ownerIsBehind == true
                    ? "\(name) takes them too slowly" : "it is too short for their bursts"),
            evidence: evidence(queue, seen, share),
            // Who was not reset tries again: after 1 s, 3 s, 7 s.
            impact: Impact(
                failed: lost, delayed: seen.rate(queue.overflows) - lost, share: share,
                delay: 1_000_000_000),
            fixes: fixes(queue, seen),
            check: "tcpwhy drops -P \(queue.listener.port) -d 10",
            unsettled: queue.state.drops == nil
                ? "a kernel that allows fentry or kprobes counts the causes of each socket's drops" : "")
    }

    /// Causes are counted one by one; the socket's own counter mixes them.
    private func confidence(_ queue: AcceptQueue) -> Confidence {
        queue.state.drops == nil ? .likely : .certain
    }

    private func evidence(_ queue: AcceptQueue, _ seen: Observation, _ share: Double?) -> [Evidence] {
        var evidence = [
            Evidence(
                "listen_overflows_per_s", seen.rate(queue.overflows),
                "\(Units.exact(queue.overflows)) connections found the queue full"
                    + (share.map { ", \(Units.percent($0)) of all that came" } ?? ""),
                by: queue.source, counter: "ListenOverflows")
        ]
        if let limit = queue.limit {
            let somaxconn = queue.state.queues?.somaxconn.map { ", net.core.somaxconn is \($0)" } ?? ""
            evidence.append(
                Evidence(
                    "backlog", Double(limit), "the queue holds \(limit) connections\(somaxconn)", by: .setting
                ))
        }
        if let depth = queue.meanDepth {
            evidence.append(
                Evidence(
                    "mean_depth", depth, "\(Units.mean(depth)) connections waited in it on average",
                    by: queue.depthSource))
        }
        if let wait = queue.waitP99 {
            evidence.append(
                Evidence(
                    "wait_p99_s", Double(wait) / 1e9,
                    "99 % of connections waited less than \(Units.duration(wait))", by: queue.depthSource))
        }
        return evidence
    }

    /// Room for what the queue held and for one second of what it lost.
    static func neededBacklog(_ queue: AcceptQueue, _ seen: Observation) -> Int {
        let limit = Double(queue.limit ?? 0)
        return PowerOfTwo.atLeast(max(limit + seen.rate(queue.overflows), limit * 2, 128), most: 65535)
    }

    private func fixes(_ queue: AcceptQueue, _ seen: Observation) -> [Fix] {
        BacklogFixes.longer(Self.neededBacklog(queue, seen), queue.listener, queue.state, queue.owner, seen)
    }
}
