// SPDX-License-Identifier: Apache-2.0

/// Totals that add up in any order.
public protocol Mergeable {
    init()
    mutating func merge(_ other: Self)
}

/// Keys of which there may come any number in time.
public protocol LedgerKey: Hashable, Sendable {
    /// What the totals are kept under once the row has left: the key without that by which it is
    /// one of many (a process, a socket).
    var ended: Self { get }
    /// What even of those finds no room.
    static var rest: Self { get }
}

extension UInt64: Mergeable {
    public mutating func merge(_ other: UInt64) { self &+= other }
}

/// Totals by key since the trace began, put together of what is taken out of the kernel's tables
/// piece by piece (`bpf/lib/epoch.h`).
///
/// Bounded, however many keys come and go: what was counted since the last look has its row; of
/// the others those which were idle longest leave, and their totals add up in `ended`. So
/// nothing is lost, and what is active is never without a row.
public struct Ledger<Key: LedgerKey, Value: Mergeable & Sendable>: Sendable {
    /// By key, of those that have a row.
    public private(set) var rows: [Key: Value] = [:]
    /// Of those that left, by `Key.ended`.
    public private(set) var ended: [Key: Value] = [:]

    /// How many idle rows may stay, and how many of those that left are kept apart.
    private let most: Int
    /// The look at which a row was active last.
    private var active: [Key: UInt64] = [:]
    private var look: UInt64 = 0

    /// - Parameter most: how many idle rows may stay.
    public init(keeping most: Int = 1024) {
        self.most = most
    }

    /// Takes in what was counted since the last time.
    public mutating func add(_ counted: [Key: Value]) {
        look += 1
        for (key, value) in counted {
            // In place: a copy of a row's histograms costs more than the sum.
            if rows[key]?.merge(value) == nil { rows[key] = value }
            active[key] = look
        }
        let idle = rows.count - counted.count
        if idle > most { retire(idle - most * 3 / 4) }
    }

    /// All of them together, the ones that left included.
    public var totals: [Key: Value] {
        var totals = rows
        for (key, value) in ended where totals[key]?.merge(value) == nil { totals[key] = value }
        return totals
    }

    /// These are no more, and leave.
    public mutating func end(_ keys: some Sequence<Key>) {
        for key in keys {
            active[key] = nil
            guard let total = rows.removeValue(forKey: key) else { continue }
            let place = ended[key.ended] != nil || ended.count < most ? key.ended : Key.rest
            ended[place, default: Value()].merge(total)
        }
    }

    /// The longest idle go. More than has to: it takes a sort.
    private mutating func retire(_ count: Int) {
        let idle = active.filter { $0.value != look }.sorted { $0.value < $1.value }
        end(idle.prefix(count).map(\.key))
    }
}
