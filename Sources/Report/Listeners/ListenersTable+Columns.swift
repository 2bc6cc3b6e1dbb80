// SPDX-License-Identifier: Apache-2.0
import Model

/// The columns of `listeners`. `importance` says in which order they go when the
/// terminal is narrow: the lowest first.
struct ListenersColumns: ListenerColumns {
    var rows: [DropsRow]
    var backend: Backend
    /// Seconds; `nil` shows totals instead of rates.
    var seconds: Double?
    var showsNetns: Bool

    var table: TextTable {
        var columns = names(netns: 30, listener: 100) + queues + accepts + waits + depths
        columns += [drops(importance: 88)] + causes
        return TextTable(columns: columns)
    }

    /// As of the end.
    private var queues: [TextTable.Column] {
        let isLate = rows.contains { $0.state.queues?.age ?? 0 >= Units.leastAge }
        let age = column("seen", in: "ACCEPT QUEUE", importance: 88) { row in
            .init(row.state.queues.map { Units.age($0.age) } ?? Units.none)
        }
        return [
            acceptQueue(importance: 99), backlog(importance: 89),
            column("by", in: "ACCEPT QUEUE", importance: 56, left: true) { row in
                guard let isSomaxconn = row.state.queues?.isLimitedBySomaxconn else {
                    return .init(Units.none)
                }
                return .init(isSomaxconn ? "somaxconn" : "backlog")
            },
            synQueue(importance: 60),
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

    private var causes: [TextTable.Column] {
        guard rows.contains(where: { $0.state.drops?.isEmpty == false }) else { return [] }
        return [
            column("CAUSES", importance: 65, left: true, minimum: 24, floor: 17) { row in
                .init(row.state.drops.map { DropsText.causes($0, over: seconds) } ?? Units.none)
            }
        ]
    }
}
