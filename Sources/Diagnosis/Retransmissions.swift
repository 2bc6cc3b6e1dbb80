// SPDX-License-Identifier: Apache-2.0
import Model

/// Who is known not to answer in a namespace.
struct Services {
    /// By each kind of what was sent again, where that is traced: the one that most went to, and all.
    private(set) var traced: [Resend.Kind: (most: Resend, of: UInt64, all: UInt64)]?
    /// The destination that most connects timed out to, or were given up. `nil`: none.
    let silent: String?
    /// The listening socket with the most handshakes whose SYN-ACK was sent again. `nil`: none had one
    /// when it was last looked at.
    let unanswered: String?
    /// Whether anybody listens there, as far as is known.
    let listens: Bool

    init(_ netns: UInt32, _ seen: Observation) {
        guard case .seen(let drops) = seen.drops else {
            (silent, unanswered, listens) = (Self.silent(netns, seen), nil, true)
            return
        }
        listens = drops.listeners.contains { $0.key.netns == netns }
        guard let resent = drops.resent else {
            (silent, unanswered) = (Self.silent(netns, seen), Self.unanswered(netns, drops))
            return
        }
        var traced: [Resend.Kind: (most: Resend, of: UInt64, all: UInt64)] = [:]
        for (resend, count) in resent.sorted(by: { ($0.value, $1.key.port) > ($1.value, $0.key.port) })
        where resend.netns == netns && resend.port != 0 {
            traced[resend.kind, default: (resend, count, 0)].all &+= count
        }
        self.traced = traced
        func text(_ kind: Resend.Kind) -> String? {
            traced[kind].map { EndpointText.of($0.most.address, $0.most.port) }
        }
        (silent, unanswered) = (text(.syn), text(.synAck))
    }

    /// By connects.
    private static func silent(_ netns: UInt32, _ seen: Observation) -> String? {
        func silence(_ upstream: Upstream) -> UInt64 {
            upstream.stats.abandoned &+ (upstream.stats.failed[ErrorNumber.timedOut] ?? 0)
        }
        return ((try? Upstream.all(seen)) ?? []).filter { $0.destination.netns == netns && silence($0) > 0 }
            .max { silence($0) < silence($1) }?.endpoint
    }

    /// By looks at the queues.
    private static func unanswered(_ netns: UInt32, _ drops: DropsInterval) -> String? {
        func old(_ state: ListenerState) -> UInt32 {
            state.queues.map { $0.synQueue - min($0.young, $0.synQueue) } ?? 0
        }
        return drops.listeners.filter { $0.key.netns == netns && old($0.value) > 0 }
            .max { (old($0.value), $1.key.port) < (old($1.value), $0.key.port) }
            .map { EndpointText.of($0.key.address, $0.key.port) }
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
        let opens = counters.activeOpens &+ counters.passiveOpens
        func handshakes(_ count: UInt64, _ direction: Direction) -> Retransmissions {
            Retransmissions(
                netns: netns, direction: direction, count: count, share: part(count, of: opens &+ count))
        }
        let all = min(counters.synRetransmitted, counters.retransmitted)
        // A probe goes out where an acknowledgement is late: by itself no sign of loss.
        let rest = counters.retransmitted - all
        let data = rest - min(counters.lossProbes, rest)
        let segments = Retransmissions(
            // Segments that hold nothing new are not among OutSegs.
            netns: netns, direction: .data, count: data, share: part(data, of: counters.outSegments))
        guard let traced = services.traced else {
            return [handshakes(all, direction(counters, services)), segments]
        }
        return [
            handshakes(traced[.syn]?.all ?? 0, .connects), handshakes(traced[.synAck]?.all ?? 0, .accepts),
            segments,
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
