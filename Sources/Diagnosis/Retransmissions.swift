// SPDX-License-Identifier: Apache-2.0
import Model

/// Who is known not to answer in a namespace.
struct Services {
    /// The destination that most connects timed out to, or were given up. `nil`: none.
    let silent: Upstream?
    /// The listening socket with the most handshakes whose SYN-ACK was sent again. `nil`: none had one
    /// when it was last looked at.
    let unanswered: Listener?
    /// Whether anybody listens there, as far as is known.
    let listens: Bool

    init(_ netns: UInt32, _ seen: Observation) {
        func silence(_ upstream: Upstream) -> UInt64 {
            upstream.stats.abandoned &+ (upstream.stats.failed[ConnectFailure.timedOut] ?? 0)
        }
        silent = ((try? Upstream.all(seen)) ?? []).filter { $0.destination.netns == netns && silence($0) > 0 }
            .max { silence($0) < silence($1) }
        guard case .seen(let drops) = seen.drops else {
            (unanswered, listens) = (nil, true)
            return
        }
        func old(_ state: ListenerState) -> UInt32 {
            state.queues.map { $0.synQueue - min($0.young, $0.synQueue) } ?? 0
        }
        listens = drops.listeners.contains { $0.key.netns == netns }
        unanswered = drops.listeners.filter { $0.key.netns == netns && old($0.value) > 0 }
            .max { (old($0.value), $1.key.port) < (old($1.value), $0.key.port) }?.key
    }
}

/// What a namespace sent again.
struct Retransmissions {
    /// Which packets were not answered.
    enum Direction {
        /// Ours to those we connect to.
        case connects
        /// Ours to clients, after their SYN.
        case accepts
        /// SYNs or SYN-ACKs: the counters do not tell.
        case handshakes
        /// Of connections that are open.
        case data
    }

    let netns: UInt32
    let direction: Direction
    /// Segments sent again.
    let count: UInt64
    /// Of all that there were, 0 to 1: of handshakes begun, or of segments sent.
    let share: Double

    /// Handshakes and open connections of a namespace, each on its own.
    static func of(_ netns: UInt32, _ facts: NamespaceFacts, _ services: Services) -> [Retransmissions] {
        let counters = facts.counters
        let handshakes = min(counters.synRetransmitted, counters.retransmitted)
        // A probe goes out where an acknowledgement is late: by itself no sign of loss.
        let rest = counters.retransmitted - handshakes
        let data = rest - min(counters.lossProbes, rest)
        let opens = counters.activeOpens &+ counters.passiveOpens
        return [
            Retransmissions(
                netns: netns, direction: direction(counters, services), count: handshakes,
                share: part(handshakes, of: opens &+ handshakes)),
            // Segments that hold nothing new are not among OutSegs.
            Retransmissions(
                netns: netns, direction: .data, count: data, share: part(data, of: counters.outSegments)),
        ]
    }

    /// Who does not answer. Timeouts say nothing of it: those of SYN-ACKs count as well
    /// (`tcp_syn_ack_timeout`, net/ipv4/tcp_timer.c).
    private static func direction(_ counters: TCPCounters, _ services: Services) -> Direction {
        guard services.listens else { return .connects }
        if counters.activeOpens == 0 { return .accepts }
        let waits = services.unanswered != nil
        if services.silent != nil { return waits ? .handshakes : .connects }
        return waits ? .accepts : counters.passiveOpens == 0 ? .connects : .handshakes
    }

    private static func part(_ count: UInt64, of all: UInt64) -> Double {
        count == 0 ? 0 : min(Double(count) / Double(max(all, 1)), 1)
    }

    /// In the singular.
    var what: String {
        switch direction {
        case .connects: "SYN"
        case .accepts: "SYN-ACK"
        case .handshakes: "handshake packet"
        case .data: "segment"
        }
    }

    var meaning: String {
        switch direction {
        case .connects: "those we connect to do not answer"
        case .accepts: "clients do not answer, or their answer is dropped here"
        case .handshakes: "those we connect to, or clients, do not answer"
        case .data: "segments of open connections get lost, or their acknowledgement comes late"
        }
    }

    /// How long each makes its connection wait: `TCP_TIMEOUT_INIT` and `TCP_RTO_MIN`
    /// (include/net/tcp.h).
    var delay: UInt64 { direction == .data ? 200_000_000 : 1_000_000_000 }
}
