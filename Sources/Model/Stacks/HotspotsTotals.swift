// SPDX-License-Identifier: Apache-2.0

/// Samples by function since the trace began, however long that is: of the functions that did
/// not run in the last interval the longest idle leave.
public struct HotspotsTotals: Sendable {
    private var functions: Ledger<FunctionName, FunctionCount>
    /// All but the functions.
    private var sums = HotspotsCounts()

    /// - Parameter most: how many idle functions may keep their rows.
    public init(keeping most: Int = 8192) {
        functions = Ledger(keeping: most)
    }

    public mutating func add(_ interval: HotspotsCounts) {
        functions.add(interval.functions)
        sums.merge(interval.with([:]))
    }

    /// Without those that left.
    public var counts: HotspotsCounts { sums.with(functions.rows) }

    /// Those that left, in a row "(ended)". How many samples had one of several functions in their
    /// stack is not known: at least those in which it ran itself.
    public var ended: [FunctionName: FunctionCount] {
        functions.ended.mapValues { FunctionCount(own: $0.own, total: $0.own) }
    }
}

extension FunctionCount: Mergeable {
    public init() { self.init(own: 0, total: 0) }
}

extension FunctionName: LedgerKey {
    public var ended: FunctionName {
        FunctionName(symbol: symbol.map { _ in "(ended)" }, module: "(ended)", isKernel: isKernel)
    }
    public static var rest: FunctionName {
        FunctionName(symbol: "(ended)", module: "(ended)", isKernel: false)
    }
}
