// SPDX-License-Identifier: Apache-2.0
public import Model

/// The table of one interval: who connects where, what the search for a port
/// costs, and how full the ranges are.
public struct PortsTable: Sendable {
    public var sort: PortsSort
    /// Rows to show at most.
    public var top: Int
    public var style: TextStyle

    public init(sort: PortsSort = .search, top: Int = 20, style: TextStyle = TextStyle()) {
        self.sort = sort
        self.top = max(top, 0)
        self.style = style
    }

    /// Lines without their ends, none wider or more than the style allows.
    public func lines(_ interval: PortsInterval) -> [String] {
        let rows = PortsRow.all(of: interval, by: sort)
        let showsNetns = Self.namespaces(interval) > 1
        let ranges = RangeTable(interval, showsNetns: showsNetns)
        let remarks = PortsText.remarks(rows).map { style.wrap($0) } ?? []
        let footer = remarks + style.wrap(LossText.ports.line(interval.loss))
        let room = Self.room(
            for: min(rows.count, top), ranges: min(ranges.ranges.count, top),
            in: style.height.map { $0 - footer.count - 1 })

        var lines = [PortsText.header(interval, rows, style)]
        if rows.isEmpty {
            lines.append(style.fit("no connects"))
        } else {
            let columns = PortsColumns(
                rows: Array(rows.prefix(room.rows)), seconds: interval.duration,
                duration: interval.duration, showsNetns: showsNetns)
            lines += columns.table.lines(style)
        }
        lines += more(rows.count - room.rows, "rows")
        if room.ranges > 0 {
            lines.append("")
            lines += ranges.table(first: room.ranges).lines(style)
        }
        lines += more(ranges.ranges.count - room.ranges, "destinations")
        lines += footer
        guard let height = style.height else { return lines }
        return Array(lines.prefix(max(height, 1)))
    }

    /// `lines`, each ended.
    public func text(_ interval: PortsInterval) -> String {
        lines(interval).map { $0 + "\n" }.joined()
    }

    private func more(_ count: Int, _ what: String) -> [String] {
        count > 0 ? [style.fit("\(count) more \(what)")] : []
    }

    static func namespaces(_ interval: PortsInterval) -> Int {
        var namespaces = Set(interval.connects.keys.lazy.filter { !$0.isOverflow }.map(\.netns))
        namespaces.formUnion(interval.ranges.map(\.destination.netns))
        return namespaces.count
    }

    /// How many rows and ranges fit: at most a third of the lines for ranges, as
    /// long as rows need the rest. `limit` is without the header and footer lines.
    private static func room(
        for rows: Int, ranges: Int, in limit: Int?
    ) -> (rows: Int, ranges: Int) {
        guard let limit else { return (rows, ranges) }
        // Two heading lines and "more rows"; an empty line, a heading, "more destinations".
        let body = max(limit - 6, 1)
        if rows + ranges <= body { return (rows, ranges) }
        let rangesShown = min(ranges, max(body / 3, body - rows, 0))
        return (min(rows, max(body - rangesShown, 1)), rangesShown)
    }
}
