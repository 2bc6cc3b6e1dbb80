// SPDX-License-Identifier: Apache-2.0
public import Model

/// What is printed once, at the end: totals of the whole run.
public struct DropsSummaryText: Sendable {
    /// Rows to show at most. `nil`: all.
    public var top: Int?
    public var style: TextStyle
    /// Shows when each socket's first and last loss were. `nil`: does not.
    public var clock: WallClock?

    public init(top: Int? = nil, style: TextStyle = TextStyle(), clock: WallClock? = nil) {
        self.top = top
        self.style = style
        self.clock = clock
    }

    /// Lines without their ends.
    /// - Parameter run: last snapshot minus first.
    public func lines(_ run: DropsInterval) -> [String] {
        let rows = DropsRow.lossy(of: run)
        let shown = Array(rows.prefix(top.map { max($0, 0) } ?? rows.count))
        let heading = "total of \(Units.seconds(run.duration))  " + DropsText.means(run)
        var lines = [style.fit(heading)]
        if rows.isEmpty { lines += style.wrap(DropsText.noRows(run)) }
        if !shown.isEmpty {
            let columns = DropsColumns(
                rows: shown, backend: run.backend, seconds: nil,
                showsNetns: DropsTable.namespaces(run) > 1, clock: clock)
            lines += columns.table.lines(style)
        }
        if rows.count > shown.count { lines.append(style.fit("\(rows.count - shown.count) more rows")) }
        for row in shown {
            guard let peers = RefusedPeers(row.state) else { continue }
            lines += style.wrap("drops of \(DropsText.listener(row.listener)) by peer: \(peers.text)")
        }
        let packets = PacketTable(run.packets)
        let kinds = min(packets.rows.count, top ?? .max)
        if kinds > 0 {
            lines.append("")
            lines += packets.table(first: kinds, over: nil).lines(style)
            let more = packets.rows.count - kinds
            if more > 0 { lines.append(style.fit("\(more) more kinds of dropped packets")) }
        }
        lines += packets.remarks.flatMap { style.wrap($0) }
        lines += StackText(run).lines(of: packets.rows.prefix(kinds), style)
        if kinds > 0 { lines.append("") }
        if !rows.isEmpty { lines += style.wrap(Self.sentence(run)) }
        lines += DropsText.others(run).flatMap { style.wrap($0) }
        lines += style.wrap(DropsText.kernel(run))
        lines += style.wrap(LossText.drops.line(run.loss))
        return lines
    }

    /// `lines`, each ended.
    public func text(_ run: DropsInterval) -> String {
        lines(run).map { $0 + "\n" }.joined()
    }

    /// "310 drops (accept queue full at SYN 290, no route 20), 290 of them since the accept
    /// queue was full; no drops: SYN cookie sent 12"
    private static func sentence(_ run: DropsInterval) -> String {
        if run.backend == .tracepoint {
            let drops = run.listeners.values.reduce(0) { $0 &+ ($1.socketDrops ?? 0) }
            return "\(Units.exact(drops)) drops by the sockets' own counters"
        }
        let total = run.total
        let lost = DropsText.causes(total, over: nil) { $0.isDrop }
        let other = DropsText.causes(total, over: nil) { !$0.isDrop }
        return "\(Units.exact(total.listenDrops)) drops" + (lost.isEmpty ? "" : " (\(lost))")
            + ", \(Units.exact(total.listenOverflows)) of them since the accept queue was full"
            + (other.isEmpty ? "" : "; no drops: \(other)")
    }
}
