// SPDX-License-Identifier: Apache-2.0
public import Model

/// The table of one interval: which listening sockets lost connections, why, and
/// what the kernel counted itself.
public struct DropsTable: Sendable {
    /// Rows to show at most.
    public var top: Int
    public var style: TextStyle

    public init(top: Int = 20, style: TextStyle = TextStyle()) {
        self.top = max(top, 0)
        self.style = style
    }

    /// Lines without their ends, none wider or more than the style allows.
    public func lines(_ interval: DropsInterval) -> [String] {
        let rows = DropsRow.lossy(of: interval)
        let footer =
            DropsText.others(interval).flatMap { style.wrap($0) }
            + style.wrap(DropsText.kernel(interval)) + style.wrap(LossText.drops.line(interval.loss))
        let packets = PacketTable(interval.packets)
        let remarks = packets.remarks.flatMap { style.wrap($0) }
        let room = Self.room(
            for: min(rows.count, top), packets: min(packets.rows.count, top),
            in: style.height.map { $0 - footer.count - remarks.count - 1 })
        let shown = min(rows.count, room.rows)

        var lines = [
            style.heading(
                end: interval.wallTime, duration: interval.duration, means: DropsText.means(interval))
        ]
        if rows.isEmpty {
            lines.append(style.fit(DropsText.noRows(interval)))
        } else {
            let columns = DropsColumns(
                rows: Array(rows.prefix(shown)), backend: interval.backend,
                seconds: interval.duration, showsNetns: Self.namespaces(interval) > 1)
            lines += columns.table.lines(style)
        }
        if rows.count > shown { lines.append(style.fit("\(rows.count - shown) more rows")) }
        if room.packets > 0 {
            lines.append("")
            lines += packets.table(first: room.packets, over: interval.duration).lines(style)
        }
        let more = packets.rows.count - room.packets
        if more > 0 { lines.append(style.fit("\(more) more kinds of dropped packets")) }
        // On a terminal, what of them fits above the footer.
        let free = style.height.map { max($0 - lines.count - remarks.count - footer.count - 1, 0) } ?? .max
        let stacks = StackText(interval).lines(of: packets.rows.prefix(room.packets), style).prefix(free)
        lines += remarks + stacks + (stacks.isEmpty ? [] : [""]) + footer
        guard let height = style.height else { return lines }
        return Array(lines.prefix(max(height, 1)))
    }

    /// `lines`, each ended.
    public func text(_ interval: DropsInterval) -> String {
        lines(interval).map { $0 + "\n" }.joined()
    }

    /// How many have a listening socket, shown or not: with one its name tells nothing.
    static func namespaces(_ interval: DropsInterval) -> Int {
        Set(interval.listeners.keys.map(\.netns)).count
    }

    /// How many rows of each part fit: at most a third of the lines for packets, as
    /// long as listeners need the rest. `limit` is without the header and footer lines.
    private static func room(
        for rows: Int, packets: Int, in limit: Int?
    ) -> (rows: Int, packets: Int) {
        guard let limit else { return (rows, packets) }
        // Two heading lines and "more rows"; an empty line, a heading, "more kinds".
        let body = max(limit - (packets > 0 ? 6 : 3), 1)
        if rows + packets <= body { return (rows, packets) }
        let packetsShown = min(packets, max(body / 3, body - rows, 0))
        return (min(rows, max(body - packetsShown, 1)), packetsShown)
    }
}
