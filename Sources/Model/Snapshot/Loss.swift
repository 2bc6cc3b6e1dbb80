// SPDX-License-Identifier: Apache-2.0

/// What the trace did not see, each kind on its own.
public struct Loss: Sendable, Hashable {
    /// Events that found the ring buffer full; totals are not affected.
    public var ring: UInt64 = 0
    /// Events that were not sent, since they were more than a reader could follow.
    public var suppressed: UInt64 = 0
    /// Connects counted in the overflow row since the table of keys was full.
    public var table: UInt64 = 0
    /// Connects counted without timing since the table of connects under way was full.
    public var attempt: UInt64 = 0
    /// Calls of a probed function that the kernel ran without the program
    /// (`recursion_misses`, kprobe misses), by program.
    public var missed: [String: UInt64] = [:]
    /// Connects that are in no row: the missed ones that would have been counted.
    public var notAttributed: UInt64 = 0

    public init() {}

    public var missedTotal: UInt64 { missed.values.reduce(0, +) }
    public var isEmpty: Bool {
        ring == 0 && suppressed == 0 && table == 0 && attempt == 0 && missedTotal == 0 && notAttributed == 0
    }

    public mutating func merge(_ other: Loss) {
        ring &+= other.ring
        suppressed &+= other.suppressed
        table &+= other.table
        attempt &+= other.attempt
        missed.add(other.missed)
        notAttributed &+= other.notAttributed
    }

    /// Takes away an earlier reading of the same counters.
    public mutating func subtract(_ earlier: Loss) {
        ring = ring.minus(earlier.ring)
        suppressed = suppressed.minus(earlier.suppressed)
        table = table.minus(earlier.table)
        attempt = attempt.minus(earlier.attempt)
        missed.subtract(earlier.missed)
        notAttributed = notAttributed.minus(earlier.notAttributed)
    }
}
