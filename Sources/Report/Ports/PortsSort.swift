// SPDX-License-Identifier: Apache-2.0
import Model

/// What the first row has most of.
public enum PortsSort: String, Sendable, Hashable, CaseIterable {
    /// Time spent searching.
    case search
    case connects
    case failures
    /// Ports tried.
    case tried
    /// The slowest calls: p99.
    case latency
}

/// One row: a key, what it did, and the range that it took its ports from.
struct PortsRow {
    var key: ConnectKey
    var stats: ConnectStats
    var tried: TriedFigures?

    /// All rows of an interval in order.
    static func all(of interval: PortsInterval, by sort: PortsSort) -> [PortsRow] {
        var ranges: [Destination: PortRange] = [:]
        for range in interval.ranges { ranges[range.destination] = range }
        let rows = interval.connects.map { key, stats in
            let range = key.destinationOfRange.flatMap { ranges[$0] }
            return PortsRow(key: key, stats: stats, tried: TriedFigures(stats, range))
        }
        let ranked = rows.map { (row: $0, rank: $0.rank(sort)) }
        return ranked.sorted { left, right in
            if left.rank != right.rank { return left.rank > right.rank }
            if left.row.stats.connects != right.row.stats.connects {
                return left.row.stats.connects > right.row.stats.connects
            }
            return left.row.key.precedes(right.row.key)
        }.map(\.row)
    }

    private func rank(_ sort: PortsSort) -> UInt64 {
        switch sort {
        case .search: stats.search?.sum ?? 0
        case .connects: stats.connects
        case .failures: stats.failures
        case .tried: tried?.sum ?? 0
        case .latency: stats.call.quantile(0.99) ?? 0
        }
    }
}

extension ConnectKey {
    var destinationOfRange: Destination? {
        guard kind == .connect, !isOverflow, let destination else { return nil }
        return Destination(netns: netns, address: destination, port: port)
    }

    /// An order that does not change from one interval to the next.
    func precedes(_ other: ConnectKey) -> Bool {
        if isOverflow != other.isOverflow { return other.isOverflow }
        if command != other.command { return command < other.command }
        if pid != other.pid { return pid < other.pid }
        if netns != other.netns { return netns < other.netns }
        if kind != other.kind { return kind == .connect }
        if family != other.family { return family == .ipv4 }
        if let mine = destination, let its = other.destination, mine != its { return mine < its }
        if port != other.port { return port < other.port }
        guard let mine = source, let its = other.source else {
            return source == nil && other.source != nil
        }
        return mine < its
    }
}
