// SPDX-License-Identifier: Apache-2.0
import Model

/// What the table of an interval and that of the run have in common.
enum ListenersText {
    /// The backend, and what is to be known of its figures.
    static func means(_ interval: DropsInterval) -> String {
        guard let backend = interval.waitBackend else {
            return DropsText.means(interval) + "  wait: not measured"
        }
        if backend == interval.backend && backend != .tracepoint { return DropsText.means(interval) }
        let depth = backend == .tracepoint ? "; depth: not measured" : ""
        return DropsText.means(interval) + "  wait: \(backend.rawValue)" + depth
    }

    /// The table and how many rows it leaves out.
    /// - Parameter seconds: `nil` shows totals instead of rates.
    static func rows(
        _ interval: DropsInterval, seconds: Double?, top: Int, style: TextStyle
    ) -> [String] {
        let rows = DropsRow.alive(of: interval)
        if rows.isEmpty { return [style.fit("no socket listens")] }
        let shown = min(rows.count, top)
        var lines: [String] = []
        if shown > 0 {
            let columns = ListenersColumns(
                rows: Array(rows.prefix(shown)), backend: interval.backend, seconds: seconds,
                showsNetns: DropsTable.namespaces(interval) > 1)
            lines = columns.table.lines(style)
        }
        if rows.count > shown { lines.append(style.fit("\(rows.count - shown) more rows")) }
        return lines
    }
}
