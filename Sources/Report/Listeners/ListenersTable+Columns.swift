// SPDX-License-Identifier: Apache-2.0
import Model

/// The columns of the rows. `importance` says in which order they go when the
/// terminal is narrow: the lowest first.
struct ListenersColumns {
    var rows: [DropsRow]
    var backend: Backend
    /// Seconds; `nil` shows totals instead of rates.
    var seconds: Double?
    var showsNetns: Bool

    var table: TextTable {
        var columns = [
            column("PROCESS", importance: 90, left: true, minimum: 10, floor: 10) {
                .init(DropsText.process($0))
            }
        ]
        if showsNetns {
            columns.append(column("NETNS", importance: 30) { .init("\($0.listener.netns)") })
        }
        columns.append(
            column("LISTENER", importance: 100, left: true, minimum: 21, floor: 8) {
                EndpointText.cell(DropsText.listener($0.listener))
            })
        return TextTable(columns: columns + queues + accepts + waits + depths + [drops] + causes)
    }

    /// As of the end. The accept queue is full when it is longer than its limit.
    private var queues: [TextTable.Column] {
        func text(_ value: UInt32?) -> String { value.map { "\($0)" } ?? Units.none }
        let isLate = rows.contains { $0.state.queues?.age ?? 0 >= Units.leastAge }
        let age = column("seen", in: "ACCEPT QUEUE", importance: 88) { row in
            .init(row.state.queues.map { Units.age($0.age) } ?? Units.none)
        }
        return [
            column("len", in: "ACCEPT QUEUE", importance: 99, least: 7) { row in
                let isFull = row.state.queues.map { $0.acceptQueue > $0.backlog } ?? false
                return .init(text(row.state.queues?.acceptQueue), isFull ? .bad : .plain)
            },
            column("limit", in: "ACCEPT QUEUE", importance: 89) { row in
                .init(text(row.state.queues?.backlog))
            },
            column("by", in: "ACCEPT QUEUE", importance: 56, left: true) { row in
                guard let isSomaxconn = row.state.queues?.isLimitedBySomaxconn else {
                    return .init(Units.none)
                }
                return .init(isSomaxconn ? "somaxconn" : "backlog")
            },
            column("len", in: "SYN QUEUE", importance: 60, least: 9) { row in
                .init(text(row.state.queues?.synQueue))
            },
            column("young", in: "SYN QUEUE", importance: 45) { row in
                .init(text(row.state.queues?.young))
            },
        ] + (isLate ? [age] : [])
    }

    private var accepts: [TextTable.Column] {
        guard rows.contains(where: { $0.state.accepted != nil }) else { return [] }
        return [
            column(seconds == nil ? "ACCEPTS" : "ACCEPT/s", importance: 85) { row in
                .init(amount(row.state.accepted?.accepts))
            }
        ]
    }

    private var waits: [TextTable.Column] {
        func time(
            _ title: String, _ importance: Int, _ value: @escaping (Distribution) -> UInt64?
        )
            -> TextTable.Column
        {
            column(title, in: "WAIT", importance: importance) { row in
                .init(Units.duration(row.state.accepted.flatMap { $0.wait.isEmpty ? nil : value($0.wait) }))
            }
        }
        guard rows.contains(where: { $0.state.accepted != nil }) else { return [] }
        return [
            time("p50", 80) { $0.quantile(0.5) }, time("p99", 82) { $0.quantile(0.99) },
            time("max", 50) { $0.maximum },
        ]
    }

    private var depths: [TextTable.Column] {
        func depth(
            _ title: String, _ importance: Int, _ value: @escaping (Distribution) -> UInt64?
        )
            -> TextTable.Column
        {
            column(title, in: "DEPTH", importance: importance, least: title == "p99" ? 5 : 0) { row in
                .init(Units.count(row.state.accepted.flatMap { $0.depth.isEmpty ? nil : value($0.depth) }))
            }
        }
        guard rows.contains(where: { $0.state.accepted?.arrivals != nil }) else { return [] }
        return [depth("p99", 70) { $0.quantile(0.99) }, depth("max", 55) { $0.maximum }]
    }

    private var drops: TextTable.Column {
        let title = backend == .tracepoint ? "SK_DROPS" : "DROP"
        let ending = seconds == nil ? (backend == .tracepoint ? "" : "S") : "/s"
        return column(title + ending, importance: 88) { row in
            let count = backend == .tracepoint ? row.state.socketDrops : row.state.drops?.listenDrops
            return .init(amount(count), count ?? 0 > 0 ? .bad : .plain)
        }
    }

    private var causes: [TextTable.Column] {
        guard rows.contains(where: { $0.state.drops?.isEmpty == false }) else { return [] }
        return [
            column("CAUSES", importance: 65, left: true, minimum: 24, floor: 17) { row in
                .init(row.state.drops.map { DropsText.causes($0, over: seconds) } ?? Units.none)
            }
        ]
    }

    private func amount(_ count: UInt64?) -> String {
        guard let count else { return Units.none }
        return seconds.map { Units.rate(count, over: $0) } ?? Units.exact(count)
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
