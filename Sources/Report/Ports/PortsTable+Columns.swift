// SPDX-License-Identifier: Apache-2.0
import Model

/// The columns of the rows. `importance` says in which order they go when the
/// terminal is narrow: the lowest first.
struct PortsColumns {
    var rows: [PortsRow]
    /// Seconds; `nil` shows totals instead of rates.
    var seconds: Double?
    /// Seconds over which the search time is spread for the CPU share.
    var duration: Double
    var showsNetns: Bool

    var table: TextTable {
        var columns = [
            column("PROCESS", importance: 90, left: true, minimum: 10) { PortsText.process($0.key) }
        ]
        if showsNetns {
            columns.append(
                column("NETNS", importance: 40) {
                    $0.key.isOverflow ? Units.none : "\($0.key.netns)"
                })
        }
        if rows.contains(where: { $0.key.source != nil }) {
            columns.append(
                column("SOURCE", importance: 75, left: true) {
                    $0.key.isOverflow ? Units.none : $0.key.source.map { "\($0)" } ?? "any"
                })
        }
        columns.append(
            TextTable.Column(
                title: "DESTINATION", isLeft: true, importance: 99, minimum: 21, floor: 8,
                cells: rows.map { EndpointText.cell(PortsText.destination($0.key)) }))
        columns += rates + search + tried + call
        if rows.contains(where: { $0.stats.failures > 0 }) { columns.append(failures) }
        return TextTable(columns: columns)
    }

    private var rates: [TextTable.Column] {
        var failed = column(seconds == nil ? "FAILED" : "FAIL/s", importance: 95) {
            rate($0.stats.failures)
        }
        for index in rows.indices where rows[index].stats.failures > 0 {
            failed.cells[index].emphasis = .bad
        }
        let connects = column(seconds == nil ? "CONNECTS" : "CONN/s", importance: 100) {
            rate($0.stats.connects)
        }
        guard rows.contains(where: { $0.stats.bound > 0 }) else { return [connects, failed] }
        let bound = column(seconds == nil ? "BOUND" : "BOUND/s", importance: 55) {
            rate($0.stats.bound)
        }
        return [connects, failed, bound]
    }

    private var search: [TextTable.Column] {
        [
            column("p50", in: "SEARCH", importance: 50) {
                Units.duration($0.stats.search?.quantile(0.5))
            },
            column("p99", in: "SEARCH", importance: 85, least: 6) {
                Units.duration($0.stats.search?.quantile(0.99))
            },
            column("max", in: "SEARCH", importance: 35) {
                Units.duration($0.stats.search.flatMap { $0.isEmpty ? nil : $0.maximum })
            },
            column("CPU", in: "SEARCH", importance: 70) {
                guard let search = $0.stats.search, duration > 0 else { return Units.none }
                return Units.percent(Double(search.sum) / (duration * 1e9))
            },
        ]
    }

    private var tried: [TextTable.Column] {
        func text(_ row: PortsRow, _ value: UInt64?) -> String {
            guard let value else { return Units.none }
            return (row.tried?.isEstimated == true ? "~" : "") + Units.count(value)
        }
        return [
            column("p50", in: "TRIED", importance: 80, least: 5) { text($0, $0.tried?.p50) },
            column("p99", in: "TRIED", importance: 60) { text($0, $0.tried?.p99) },
            column("max", in: "TRIED", importance: 30) { text($0, $0.tried?.maximum) },
        ]
    }

    private var call: [TextTable.Column] {
        [
            column("p50", in: "CALL", importance: 45) { Units.duration($0.stats.call.quantile(0.5)) },
            column("p99", in: "CALL", importance: 20) { Units.duration($0.stats.call.quantile(0.99)) },
        ]
    }

    private var failures: TextTable.Column {
        var column = column("FAILURES", importance: 65, left: true, minimum: 14) {
            PortsText.failures($0.stats.failed, over: seconds)
        }
        for index in column.cells.indices { column.cells[index].emphasis = .bad }
        return column
    }

    private func rate(_ count: UInt64) -> String {
        seconds.map { Units.rate(count, over: $0) } ?? Units.exact(count)
    }

    private func column(
        _ title: String, in group: String = "", importance: Int, left: Bool = false,
        minimum: Int? = nil, least: Int = 0, _ text: (PortsRow) -> String
    ) -> TextTable.Column {
        let cells = rows.map { TextTable.Cell(text($0)) }
        // What the backend cannot see makes room for what it can.
        let isBlank = cells.allSatisfy { $0.text == Units.none }
        return TextTable.Column(
            group: group, title: title, isLeft: left,
            importance: isBlank ? importance - 70 : importance, minimum: minimum, least: least,
            cells: cells)
    }
}
