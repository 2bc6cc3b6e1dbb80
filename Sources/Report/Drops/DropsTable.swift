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
            style.wrap(DropsText.kernel(interval)) + style.wrap(LossText.drops.line(interval.loss))
        let shown = min(rows.count, top, room(over: footer))

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
        lines += footer
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

    /// Rows that fit beside the header, two heading lines, "more rows" and the footer.
    private func room(over footer: [String]) -> Int {
        guard let height = style.height else { return .max }
        return max(height - footer.count - 4, 1)
    }
}
