// SPDX-License-Identifier: Apache-2.0
import Model

/// The columns of `drops`. `importance` says in which order they go when the
/// terminal is narrow: the lowest first.
struct DropsColumns: ListenerColumns {
    var rows: [DropsRow]
    var backend: Backend
    /// Seconds; `nil` shows totals instead of rates.
    var seconds: Double?
    var showsNetns: Bool
    /// Shows when the first and last loss were. `nil`: does not.
    var clock: WallClock?

    var table: TextTable {
        var columns = names(netns: 40, listener: 99)
        columns += [drops(importance: 100)] + queues + times
        if backend != .tracepoint { columns.append(causes) }
        return TextTable(columns: columns)
    }

    private var queues: [TextTable.Column] {
        [acceptQueue(importance: 80), backlog(importance: 75), synQueue(importance: 70)]
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
}
