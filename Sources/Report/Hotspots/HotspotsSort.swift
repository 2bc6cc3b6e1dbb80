// SPDX-License-Identifier: Apache-2.0
import Model

/// What the first row has most of.
public enum HotspotsSort: String, Sendable, Hashable, CaseIterable {
    /// Samples in the function itself.
    case own = "self"
    /// Samples in it and in what it calls.
    case total
}

/// One function and how often it was sampled.
struct HotspotsRow {
    var name: FunctionName
    var count: FunctionCount

    /// All rows in order.
    static func all(of counts: HotspotsCounts, by sort: HotspotsSort) -> [HotspotsRow] {
        counts.functions.map { HotspotsRow(name: $0, count: $1) }.sorted { left, right in
            let (mine, its) = (left.rank(sort), right.rank(sort))
            return mine == its ? left.name.precedes(right.name) : mine > its
        }
    }

    private func rank(_ sort: HotspotsSort) -> (UInt64, UInt64) {
        switch sort {
        case .own: (count.own, count.total)
        case .total: (count.total, count.own)
        }
    }
}

extension FunctionName {
    /// An order that does not change from one interval to the next.
    fileprivate func precedes(_ other: FunctionName) -> Bool {
        if isKernel != other.isKernel { return isKernel }
        if module != other.module { return module < other.module }
        return symbol ?? "" < other.symbol ?? ""
    }

    /// "[k] tcp_v4_connect", as perf writes it; "[.]" is a process's.
    var marked: String {
        (isKernel ? "[k] " : "[.] ") + (symbol ?? HotspotsText.unnamed)
    }
}
