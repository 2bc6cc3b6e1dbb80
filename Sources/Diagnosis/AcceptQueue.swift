// SPDX-License-Identifier: Apache-2.0
import Model

/// What went through one listening socket's accept queue, as rules look at it.
struct AcceptQueue {
    let listener: Listener
    let state: ListenerState
    let owner: Owner
    /// Connections that found it full. By tracepoints: the socket's own counter.
    let overflows: UInt64
    /// How `overflows` was counted.
    let source: EvidenceSource
    /// Connections that accept took, a second. `nil`: not measured.
    let acceptsPerSecond: Double?
    /// How many waited, on average: by Little's law from accepts and waits, else from looks.
    let meanDepth: Double?
    let depthSource: EvidenceSource
    /// How many waited at most of the times it was looked at. `nil`: never looked at.
    let medianDepth: UInt64?
    /// Whether its owner accepts in a way that is not seen here.
    let acceptsAreHidden: Bool

    init(_ listener: Listener, _ state: ListenerState, _ seen: Observation, _ drops: DropsInterval) {
        self.listener = listener
        self.state = state
        owner = seen.owner(of: listener, in: drops)
        if let causes = state.drops {
            overflows = Self.fullCauses.reduce(0) { $0 &+ causes[$1] }
            source = .traced(drops.backend)
        } else {
            // Mixed with the socket's other losses: never more than the namespaces' overflows.
            overflows = min(state.socketDrops ?? 0, drops.counters.listenOverflows)
            source = .counter
        }
        let looks = seen.queueDepths[listener]
        medianDepth = looks?.quantile(0.5)
        acceptsAreHidden = UnseenAccepts.hide(listener, state, seen, drops)
        acceptsPerSecond = acceptsAreHidden ? nil : state.accepted.map { seen.rate($0.accepts) }
        if let wait = state.accepted?.wait.mean, let accepts = acceptsPerSecond {
            meanDepth = accepts * wait / 1e9
            depthSource = drops.waitBackend.map { .traced($0) } ?? .derived
        } else {
            meanDepth = looks?.mean
            depthSource = .sampled
        }
    }

    private static let fullCauses: [ListenCause] = [
        .acceptQueueFullAtSYN, .acceptQueueFullAtACK, .acceptQueueFullReset, .cookieAcceptQueueFull,
    ]

    var limit: Int? { state.queues.map { Int($0.backlog) } }

    var waitP99: UInt64? { state.accepted?.wait.quantile(0.99) }

    /// Whether connections wait most of the time, so that a longer queue would only make
    /// them wait longer. `nil`: not known.
    var ownerIsBehind: Bool? {
        guard let meanDepth else { return nil }
        // Without its accepts a queue that is never empty may be one that many pass quickly: only
        // one that is always full shows that they come faster than they are taken.
        if acceptsAreHidden { return medianDepth.map { Int($0) >= limit ?? .max } ?? false }
        // A queue that is empty half of the time is emptied as fast as it fills.
        if let medianDepth { return meanDepth >= 1 && medianDepth >= 1 }
        return meanDepth >= 1
    }

    /// Every queue of the run, those that lost most first.
    static func all(_ seen: Observation) throws(NotExamined) -> [AcceptQueue] {
        let drops = try seen.drops.get()
        return drops.listeners.map { AcceptQueue($0.key, $0.value, seen, drops) }
            .sorted { ($0.overflows, $1.listener.port) > ($1.overflows, $0.listener.port) }
    }
}
