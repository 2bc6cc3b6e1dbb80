// SPDX-License-Identifier: Apache-2.0
import Model

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
    static func of(_ netns: UInt32, _ facts: NamespaceFacts) -> [Retransmissions] {
        let counters = facts.counters
        let handshakes = min(counters.synRetransmitted, counters.retransmitted)
        // A probe goes out where an acknowledgement is late: by itself no sign of loss.
        let rest = counters.retransmitted - handshakes
        let data = rest - min(counters.lossProbes, rest)
        let opens = counters.activeOpens &+ counters.passiveOpens
        return [
            Retransmissions(
                netns: netns, direction: direction(counters), count: handshakes,
                share: part(handshakes, of: opens &+ handshakes)),
            // Segments that hold nothing new are not among OutSegs.
            Retransmissions(
                netns: netns, direction: .data, count: data, share: part(data, of: counters.outSegments)),
        ]
    }

    /// A SYN's first retransmission counts as a timeout (`tcp_retransmit_timer`,
    /// net/ipv4/tcp_timer.c) and up to five more follow it; a SYN-ACK's never does.
    private static func direction(_ counters: TCPCounters) -> Direction {
        if counters.timeouts == 0 || counters.synRetransmitted > counters.timeouts &* 6 { return .accepts }
        if counters.activeOpens == 0 { return .accepts }
        return counters.passiveOpens == 0 ? .connects : .handshakes
    }

    private static func part(_ count: UInt64, of all: UInt64) -> Double {
        count == 0 ? 0 : min(Double(count) / Double(max(all, 1)), 1)
    }

    var what: String {
        switch direction {
        case .connects: "SYNs"
        case .accepts: "SYN-ACKs"
        case .handshakes: "SYNs and SYN-ACKs"
        case .data: "segments"
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
