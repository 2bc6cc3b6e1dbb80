// SPDX-License-Identifier: Apache-2.0
import Model

/// The columns of the rows. `importance` says in which order they go when the
/// terminal is narrow: the lowest first.
struct DropsColumns {
    var rows: [DropsRow]
    var backend: Backend
    /// Seconds; `nil` shows totals instead of rates.
    var seconds: Double?
    var showsNetns: Bool
    /// Shows when the first and last loss were. `nil`: does not.
    var clock: WallClock?

    var table: TextTable {
        var columns = [
            column("PROCESS", importance: 90, left: true, minimum: 10, floor: 10) {
                .init(DropsText.process($0))
            }
        ]
        if showsNetns {
            columns.append(column("NETNS", importance: 40) { .init("\($0.listener.netns)") })
        }
        columns.append(
            column("LISTENER", importance: 99, left: true, minimum: 21, floor: 8) {
                EndpointText.cell(DropsText.listener($0.listener))
            })
        columns += [drops] + queues + times
        if backend != .tracepoint { columns.append(causes) }
        return TextTable(columns: columns)
    }

    private var drops: TextTable.Column {
        let title = backend == .tracepoint ? "SK_DROPS" : "DROP"
        let ending = seconds == nil ? (backend == .tracepoint ? "" : "S") : "/s"
        return column(title + ending, importance: 100) { row in
            let count = backend == .tracepoint ? row.state.socketDrops : row.state.drops?.listenDrops
            guard let count else { return .init(Units.none) }
            let text = seconds.map { Units.rate(count, over: $0) } ?? Units.exact(count)
            return .init(text, count > 0 ? .bad : .plain)
        }
    }

    /// As of the end. The accept queue is full when it is longer than its limit.
    private var queues: [TextTable.Column] {
        func text(_ value: UInt32?) -> String { value.map { "\($0)" } ?? Units.none }
        return [
            column("len", in: "ACCEPT QUEUE", importance: 80, least: 7) { row in
                let isFull = row.state.queues.map { $0.acceptQueue > $0.backlog } ?? false
                return .init(text(row.state.queues?.acceptQueue), isFull ? .bad : .plain)
            },
            column("limit", in: "ACCEPT QUEUE", importance: 75) { .init(text($0.state.queues?.backlog)) },
            column("len", in: "SYN QUEUE", importance: 70, least: 9) {
                .init(text($0.state.queues?.synQueue))
            },
        ]
    }

    private var times: [TextTable.Column] {
        guard let clock, rows.contains(where: { $0.state.firstLoss > 0 }) else { return [] }
        func text(_ time: UInt64) -> TextTable.Cell {
            guard time > 0 else { return .init(Units.none) }
            let milliseconds = clock.milliseconds(of: time)
            return .init(CivilTime(milliseconds: milliseconds, utcOffset: clock.utcOffset).clock)
        }
        return [
            column("first", in: "LOSS", importance: 30) { text($0.state.firstLoss) },
            column("last", in: "LOSS", importance: 35) { text($0.state.lastLoss) },
        ]
    }

    private var causes: TextTable.Column {
        column("CAUSES", importance: 91, left: true, minimum: 24, floor: 17) { row in
            guard let drops = row.state.drops else { return .init(Units.none) }
            let isBad = ListenCause.allCases.contains { $0.isDrop && drops[$0] > 0 }
            return .init(DropsText.causes(drops, over: seconds), isBad ? .bad : .plain)
        }
    }

    private func column(
        _ title: String, in group: String = "", importance: Int, left: Bool = false,
        minimum: Int? = nil, floor: Int? = nil, least: Int = 0, _ cell: (DropsRow) -> TextTable.Cell
    ) -> TextTable.Column {
        let cells = rows.map(cell)
        // What nobody knows makes room for what is known.
        let isBlank = cells.allSatisfy { $0.text == Units.none }
        return TextTable.Column(
            group: group, title: title, isLeft: left,
            importance: isBlank ? importance - 70 : importance, minimum: minimum, floor: floor,
            least: least, cells: cells)
    }
}
