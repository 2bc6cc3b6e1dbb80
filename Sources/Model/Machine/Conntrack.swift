// SPDX-License-Identifier: Apache-2.0

/// Connection tracking of a network namespace: where its table is full, the first
/// packet of a connection is dropped before any listening socket sees it.
public struct Conntrack: Sendable, Hashable {
    /// Tracked connections now; `nil`: the namespace was gone when it was looked at.
    public var count: UInt64?
    /// `net.netfilter.nf_conntrack_max`; `nil`: no limit.
    public var maximum: UInt64?
    /// Connections that found no room, so that their packet was dropped. `nil`: not known.
    public var full: UInt64?
    /// How `full` was counted; `nil`: by the kernel's counter `drop`, in which packets are,
    /// too, that a protocol's helper refused.
    public var backend: Backend?
    /// Connections that could not be entered, mostly since two packets raced
    /// (the counter `insert_failed`).
    public var insertFailed: UInt64?
    /// Connections thrown out of a full table to make room (`early_drop`).
    public var earlyDrop: UInt64?

    public init(
        count: UInt64?, maximum: UInt64?, full: UInt64?, insertFailed: UInt64?, earlyDrop: UInt64?,
        backend: Backend? = nil
    ) {
        self.count = count
        self.maximum = maximum
        self.full = full
        self.insertFailed = insertFailed
        self.earlyDrop = earlyDrop
        self.backend = backend
    }

    /// The share of the table that is in use.
    public var use: Double? {
        guard let count, let maximum, maximum > 0 else { return nil }
        return Double(count) / Double(maximum)
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
        // A program's has 64 and never does.
        full = backend == nil ? difference(full, earlier.full) : full?.minus(earlier.full ?? 0)
        insertFailed = difference(insertFailed, earlier.insertFailed)
        earlyDrop = difference(earlyDrop, earlier.earlyDrop)
    }
}

extension DropTotals {
    /// Takes exact numbers of full tables in place of the kernel's counters.
    /// - Parameter full: by the namespace's inode, since the trace began; none is 0. That of a
    ///   namespace that nobody has looked at makes a table of which nothing else is known.
    public mutating func setConntrackFull(_ full: [UInt32: UInt64], by backend: Backend) {
        for netns in Set(conntrack.keys).union(full.keys) {
            var table =
                conntrack[netns]
                ?? Conntrack(count: nil, maximum: nil, full: nil, insertFailed: nil, earlyDrop: nil)
            table.full = full[netns] ?? 0
            table.backend = backend
            conntrack[netns] = table
        }
    }
}
