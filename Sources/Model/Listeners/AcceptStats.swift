// SPDX-License-Identifier: Apache-2.0

/// What went through a listening socket's accept queue.
public struct AcceptStats: Sendable, Hashable {
    /// Connections that accept took.
    public var accepts: UInt64 = 0
    /// Connections that waited in the queue when the socket stopped listening, and did not migrate to
    /// another one: each was reset (`inet_csk_listen_stop`, net/ipv4/inet_connection_sock.c).
    public var lostOnClose: UInt64 = 0
    /// Connections that came into the queue; `nil`: not measured, nor is `depth`.
    public var arrivals: UInt64?
    /// How long they waited, in nanoseconds: of those accepted whose arrival was seen.
    public var wait = Distribution()
    /// How many waited already when one came: as deep as arriving connections saw it.
    public var depth = Distribution()

    public init(arrivals: UInt64? = nil) {
        self.arrivals = arrivals
    }

    public var isEmpty: Bool { accepts == 0 && (arrivals ?? 0) == 0 && lostOnClose == 0 }

    /// Adding is the same in any order.
    public mutating func merge(_ other: AcceptStats) {
        accepts &+= other.accepts
        lostOnClose &+= other.lostOnClose
        if let more = other.arrivals { arrivals = (arrivals ?? 0) &+ more }
        wait.merge(other.wait)
        depth.merge(other.depth)
    }

    /// Takes away an earlier reading of the same totals.
    public mutating func subtract(_ earlier: AcceptStats) {
        accepts = accepts.minus(earlier.accepts)
        lostOnClose = lostOnClose.minus(earlier.lostOnClose)
        arrivals = difference(arrivals, earlier.arrivals)
        wait.subtract(earlier.wait)
        depth.subtract(earlier.depth)
    }
}
