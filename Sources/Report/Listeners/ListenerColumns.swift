// SPDX-License-Identifier: Apache-2.0
import Model

/// What tables with a row per listener have in common. Each says for itself in which order its
/// columns go when the terminal is narrow.
protocol ListenerColumns {
    var rows: [DropsRow] { get }
    var backend: Backend { get }
    /// Seconds; `nil` shows totals instead of rates.
    var seconds: Double? { get }
    var showsNetns: Bool { get }
}

extension ListenerColumns {
    /// Whose listener, and which.
    func names(netns: Int, listener: Int) -> [TextTable.Column] {
        var columns = [
            column("PROCESS", importance: 90, left: true, minimum: 10, floor: 10) {
                .init(DropsText.process($0))
            }
        ]
        if showsNetns {
            columns.append(column("NETNS", importance: netns) { .init("\($0.listener.netns)") })
        }
        columns.append(
            column("LISTENER", importance: listener, left: true, minimum: 21, floor: 8) {
                EndpointText.cell(DropsText.listener($0.listener))
            })
        return columns
    }

    func drops(importance: Int) -> TextTable.Column {
        let title = backend == .tracepoint ? "SK_DROPS" : "DROP"
        let ending = seconds == nil ? (backend == .tracepoint ? "" : "S") : "/s"
        return column(title + ending, importance: importance) { row in
            let count = backend == .tracepoint ? row.state.socketDrops : row.state.drops?.listenDrops
            return .init(amount(count), count ?? 0 > 0 ? .bad : .plain)
        }
    }

    /// Full when it is longer than its limit.
    func acceptQueue(importance: Int) -> TextTable.Column {
        column("len", in: "ACCEPT QUEUE", importance: importance, least: 7) { row in
            let isFull = row.state.queues.map { $0.acceptQueue > $0.backlog } ?? false
            return .init(text(row.state.queues?.acceptQueue), isFull ? .bad : .plain)
        }
    }

    func backlog(importance: Int) -> TextTable.Column {
        column("limit", in: "ACCEPT QUEUE", importance: importance) { .init(text($0.state.queues?.backlog)) }
    }

    func synQueue(importance: Int) -> TextTable.Column {
        column("len", in: "SYN QUEUE", importance: importance, least: 9) {
            .init(text($0.state.queues?.synQueue))
        }
    }

    func text(_ value: UInt32?) -> String { value.map { "\($0)" } ?? Units.none }

    /// In the run or, with `seconds`, in one of them.
    func amount(_ count: UInt64?) -> String {
        guard let count else { return Units.none }
        return seconds.map { Units.rate(count, over: $0) } ?? Units.exact(count)
    }

    func column(
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
