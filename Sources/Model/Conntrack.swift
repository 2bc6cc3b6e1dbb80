// SPDX-License-Identifier: Apache-2.0

/// Connection tracking of a network namespace: where its table is full, the first
/// packet of a connection is dropped before any listening socket sees it.
public struct Conntrack: Sendable, Hashable {
    /// Tracked connections now.
    public var count: UInt64
    /// `net.netfilter.nf_conntrack_max`; `nil`: no limit.
    public var maximum: UInt64?
    /// Packets dropped because there was no room for their connection (the counter
    /// `drop`). `nil`: the kernel does not show it.
    public var full: UInt64?
    /// Connections that could not be entered, mostly since two packets raced
    /// (the counter `insert_failed`).
    public var insertFailed: UInt64?
    /// Connections thrown out of a full table to make room (`early_drop`).
    public var earlyDrop: UInt64?

    public init(
        count: UInt64, maximum: UInt64?, full: UInt64?, insertFailed: UInt64?, earlyDrop: UInt64?
    ) {
        self.count = count
        self.maximum = maximum
        self.full = full
        self.insertFailed = insertFailed
        self.earlyDrop = earlyDrop
    }

    /// The share of the table that is in use.
    public var use: Double? {
        maximum.flatMap { $0 == 0 ? nil : Double(count) / Double($0) }
    }

    /// Whether it costs connections, or soon will.
    public var isTight: Bool {
        full ?? 0 > 0 || insertFailed ?? 0 > 0 || earlyDrop ?? 0 > 0 || use ?? 0 >= 0.9
    }

    /// Takes away an earlier reading of the counters. Each CPU's has 32 bits and starts
    /// again at 0 when they are full: the difference is right all the same.
    public mutating func subtract(_ earlier: Conntrack) {
        func difference(_ later: UInt64?, _ earlier: UInt64?) -> UInt64? {
            later.map { UInt64(UInt32(truncatingIfNeeded: $0 &- (earlier ?? 0))) }
        }
        full = difference(full, earlier.full)
        insertFailed = difference(insertFailed, earlier.insertFailed)
        earlyDrop = difference(earlyDrop, earlier.earlyDrop)
    }
}
