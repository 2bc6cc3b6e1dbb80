// SPDX-License-Identifier: Apache-2.0
import Model

/// SYNs find the queue of half-open connections full: by a flood of SYNs that nobody stands
/// behind, or by a burst of clients that mean it.
struct SynQueueFull: Rule {
    var ids: [FindingID] { [.synQueueOverflow, .synFlood] }

    /// A client that means it answers a cookie at once, and sends a dropped SYN again up to six
    /// times (`net.ipv4.tcp_syn_retries`): one handshake in seven SYNs ends well at the worst.
    /// Of a flood's none does.
    private let floodCompletion = 0.1
    /// Fewer SYNs are no flood: a scan, or a client without a way back.
    private let floodSYNs: UInt64 = 100
    private let floodRate = 10.0
    /// Handshakes that end well beside a flood show that the way back works.
    private let goodHandshakes: UInt64 = 10
    /// Of all that came: one in a hundred shows in the 99th percentile of response times.
    private let muchOfAll = 0.01

    func examine(_ seen: Observation) throws -> [Finding] {
        try SynQueue.full(seen).flatMap { queue in
            let isFlood = isFlood(queue, seen)
            return (isFlood ? [flood(queue, seen)] : [])
                + (queue.hasCookiesAlways ? [] : [overflow(queue, isFlood: isFlood, seen)])
        }
    }

    private func isFlood(_ queue: SynQueue, _ seen: Observation) -> Bool {
        queue.met >= floodSYNs && queue.rate(queue.met, seen) >= floodRate
            && queue.completion < floodCompletion
            // A full accept queue keeps handshakes from ending, too.
            && queue.acceptOverflows < queue.met / 10
    }

    private func share(_ queue: SynQueue) -> Double {
        Double(queue.met) / Double(max(queue.met &+ queue.completed, 1))
    }

    private func impact(_ queue: SynQueue, _ seen: Observation) -> Impact {
        // Who is answered with a cookie does not wait.
        guard queue.dropped > 0 else { return Impact() }
        return Impact(
            delayed: queue.rate(queue.dropped, seen),
            share: Double(queue.dropped) / Double(max(queue.dropped &+ queue.completed, 1)),
            delay: 1_000_000_000)
    }

    private func check(_ queue: SynQueue) -> ShellCommand {
        let port: ShellCommand = queue.socket.map { " -P \($0.listener.port)" } ?? ""
        return "tcpwhy drops\(port) -d 10"
    }

    // MARK: SYN flood

    private func flood(_ queue: SynQueue, _ seen: Observation) -> Finding {
        let isTraced = queue.source != .counter
        let isSure = isTraced && queue.completed >= goodHandshakes
        return Finding(
            // Who is answered with a cookie loses nothing.
            id: .synFlood, severity: queue.dropped > 0 ? .critical : .info,
            confidence: isSure ? .certain : .likely, subject: queue.subject, subjectText: queue.text(seen),
            summary:
                queue.frequency(queue.met, seen)
                + (queue.hasCookiesAlways ? " come to" : " fill the SYN queue of")
                + " \(queue.endpoint(seen)), and "
                + "\(Units.percent(queue.completion)) of them are followed by a connection: nobody stands behind them"
                + (queue.dropped > 0 ? "" : "; SYN cookies keep clients from losing anything"),
            evidence: evidence(queue, seen) + peerEvidence(queue), impact: impact(queue, seen),
            fixes: SynFixes(queue: queue, seen: seen).againstFlood(), check: check(queue),
            unsettled: isSure
                ? "" : "whether the way back to clients works: tcpdump 'tcp[tcpflags] & tcp-syn != 0'")
    }

    private func peerEvidence(_ queue: SynQueue) -> [Evidence] {
        guard let state = queue.socket?.state, let most = SynFixes.mostFrequent(state) else { return [] }
        let peers = state.peers
        return [
            Evidence(
                "peers", Double(peers.count),
                "they came from \(peers.count) address\(peers.count == 1 ? "" : "es"), "
                    + "\(Units.percent(most.share)) of them from \(most.address)", by: queue.source)
        ]
    }

    // MARK: Queue too short

    private func overflow(_ queue: SynQueue, isFlood: Bool, _ seen: Observation) -> Finding {
        let costs = queue.dropped > 0 || (share(queue) >= muchOfAll && !isFlood)
        let endpoint = queue.endpoint(seen)
        return Finding(
            id: .synQueueOverflow,
            severity: queue.dropped > 0 && share(queue) >= muchOfAll ? .critical : costs ? .warning : .info,
            confidence: !costs ? .possible : queue.source == .counter ? .likely : .certain,
            subject: queue.subject, subjectText: queue.text(seen),
            summary: queue.dropped > 0
                ? "\(queue.frequency(queue.dropped, seen)) \(queue.dropped == 1 ? "is" : "are") dropped at \(endpoint): "
                    + "its SYN queue is full"
                : "\(queue.frequency(queue.cookies, seen)) \(queue.cookies == 1 ? "is" : "are") answered with a SYN cookie "
                    + "at \(endpoint): "
                    + "its SYN queue is full",
            evidence: evidence(queue, seen), impact: impact(queue, seen),
            fixes: SynFixes(queue: queue, seen: seen).againstBurst(), check: check(queue),
            unsettled: queue.source == .counter
                ? "a kernel that allows fentry or kprobes counts the causes of each socket's drops" : "")
    }

    private func evidence(_ queue: SynQueue, _ seen: Observation) -> [Evidence] {
        var evidence: [Evidence] = []
        if queue.dropped > 0 {
            let last =
                queue.lastQuarter > 0
                ? ", \(Units.exact(queue.lastQuarter)) of them for its last quarter" : ""
            evidence.append(
                Evidence(
                    "syn_queue_drops_per_s", queue.rate(queue.dropped, seen),
                    "\(Units.exact(queue.dropped)) SYNs were dropped\(last)", by: queue.source,
                    counter: queue.lastQuarter < queue.dropped ? "TCPReqQFullDrop" : "ListenDrops"))
        }
        if queue.cookies > 0 {
            evidence.append(
                Evidence(
                    "syn_cookies_per_s", queue.rate(queue.cookies, seen),
                    "\(Units.exact(queue.cookies)) SYNs were answered with a cookie", by: queue.source,
                    counter: "TCPReqQFullDoCookies"))
        }
        evidence.append(
            Evidence(
                "completion_ratio", queue.completion,
                queue.cookies >= queue.dropped && queue.cookiesReturned != nil
                    ? "\(Units.percent(queue.completion)) of the cookies came back"
                    : "\(Units.exact(queue.completed)) handshakes ended well at the same time",
                by: .counter, counter: queue.cookies >= queue.dropped ? "SyncookiesRecv" : "PassiveOpens"))
        if let queues = queue.socket?.state.queues {
            evidence.append(
                Evidence(
                    "backlog", Double(queues.backlog),
                    "the queue holds \(queues.backlog) half-open connections",
                    by: .setting))
        }
        return evidence
    }
}
