// SPDX-License-Identifier: Apache-2.0
public import Model

/// The table of one interval: every listening socket, its queues, how long connections
/// wait in them, and what it loses.
public struct ListenersTable: Sendable {
    /// Rows to show at most.
    public var top: Int
    public var style: TextStyle

    public init(top: Int = 20, style: TextStyle = TextStyle()) {
        self.top = max(top, 0)
        self.style = style
    }

    /// Lines without their ends, none wider or more than the style allows.
    public func lines(_ interval: DropsInterval) -> [String] {
        let footer = style.wrap(LossText.listeners.line(interval.loss))
        let heading = style.heading(
            end: interval.wallTime, duration: interval.duration, means: ListenersText.means(interval))
        // Beside the heading, two heading lines, "more rows" and the footer.
        let room = style.height.map { max($0 - footer.count - 4, 1) } ?? .max
        let lines =
            [heading]
            + ListenersText.rows(
                interval, seconds: interval.duration, top: min(top, room), style: style) + footer
        guard let height = style.height else { return lines }
        return Array(lines.prefix(max(height, 1)))
    }

    /// `lines`, each ended.
    public func text(_ interval: DropsInterval) -> String {
        lines(interval).map { $0 + "\n" }.joined()
    }
}
