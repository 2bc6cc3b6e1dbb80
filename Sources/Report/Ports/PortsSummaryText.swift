// SPDX-License-Identifier: Apache-2.0
public import Model

/// What is printed once, at the end: totals of the whole run.
public struct PortsSummaryText: Sendable {
    public var sort: PortsSort
    /// Rows to show at most. `nil`: all.
    public var top: Int?
    public var style: TextStyle

    public init(sort: PortsSort = .search, top: Int? = nil, style: TextStyle = TextStyle()) {
        self.sort = sort
        self.top = top
        self.style = style
    }

    /// Lines without their ends.
    /// - Parameter run: last snapshot minus first.
    public func lines(_ run: PortsInterval) -> [String] {
        let rows = PortsRow.all(of: run, by: sort)
        let shown = Array(rows.prefix(top.map { max($0, 0) } ?? rows.count))
        let heading =
            "total of \(Units.seconds(run.duration))  " + PortsText.means(run, rows)
        var lines = [style.fit(heading)]
        if !shown.isEmpty {
            let columns = PortsColumns(
                rows: shown, seconds: nil, duration: run.duration,
                showsNetns: PortsTable.namespaces(run) > 1)
            lines += columns.table.lines(style)
        }
        if rows.count > shown.count { lines.append(style.fit("\(rows.count - shown.count) more rows")) }
        let totals = PortsTotals(run)
        lines += style.wrap(Self.sentence("connects", totals.connects, totals))
        if totals.binds.isActive {
            lines += style.wrap(Self.sentence("bind(0) searches", totals.binds, nil))
        }
        lines += style.wrap(LossText.ports.line(run.loss))
        return lines
    }

    /// `lines`, each ended.
    public func text(_ run: PortsInterval) -> String {
        lines(run).map { $0 + "\n" }.joined()
    }

    /// "84,120 connects, 310 failed (EADDRNOTAVAIL 310), 2 abandoned, 0 not attributed"
    private static func sentence(
        _ what: String, _ stats: ConnectStats, _ totals: PortsTotals?
    ) -> String {
        var parts = ["\(Units.exact(stats.connects)) \(what)"]
        let names = PortsText.failures(stats.failed, over: nil)
        parts.append("\(Units.exact(stats.failures)) failed" + (names.isEmpty ? "" : " (\(names))"))
        let rest: [(UInt64, String)] = [
            (stats.abandoned, "abandoned"), (stats.bound, "bound before"),
            (stats.reused ?? 0, "took over a TIME_WAIT socket"), (stats.untimed, "not timed"),
            (stats.unknown, "with unknown outcome"),
        ]
        for (count, word) in rest where count > 0 { parts.append("\(Units.exact(count)) \(word)") }
        if let totals { parts.append("\(Units.exact(totals.notAttributed)) not attributed") }
        return parts.joined(separator: ", ")
    }
}

/// Sums over the keys of a run, connects and binds apart.
struct PortsTotals {
    var connects = ConnectStats()
    var binds = ConnectStats()
    var notAttributed: UInt64

    init(_ run: PortsInterval) {
        notAttributed = run.loss.notAttributed
        for (key, stats) in run.connects {
            switch key.kind {
            case .connect: connects.merge(stats)
            case .bind: binds.merge(stats)
            }
        }
    }
}
