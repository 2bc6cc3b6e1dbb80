// SPDX-License-Identifier: Apache-2.0
import Model

/// The three tables of `tcpwhy hotspots`.
struct HotspotsColumns {
    var interval: HotspotsInterval

    func functions(_ rows: [HotspotsRow]) -> TextTable {
        TextTable(columns: [
            column("SELF", importance: 99, rows) { Units.percent(interval.share($0.count.own)) },
            column("TOTAL", importance: 98, rows) { Units.percent(interval.share($0.count.total)) },
            column("SAMPLES", importance: 20, rows) { Units.exact($0.count.total) },
            column("MODULE", importance: 50, left: true, minimum: 8, rows) { $0.name.module },
            column("FUNCTION", importance: 100, left: true, minimum: 20, rows, \.name.marked),
        ])
    }

    /// Callees are indented below their callers.
    func allocation(_ functions: [PortFunction]) -> TextTable {
        func count(_ function: PortFunction) -> FunctionCount {
            interval.counts.allocation[function] ?? FunctionCount()
        }
        func share(_ samples: UInt64) -> String {
            Units.percent(interval.counts.knowsKernel ? interval.share(samples) : nil)
        }
        return TextTable(columns: [
            column("SELF", importance: 99, functions) { share(count($0).own) },
            column("TOTAL", importance: 98, functions) { share(count($0).total) },
            column("SAMPLES", importance: 20, functions) { Units.exact(count($0).total) },
            column("PORT ALLOCATION", importance: 100, left: true, minimum: 15, functions) {
                String(repeating: "  ", count: $0.depth) + $0.rawValue + ($0 == .getPort ? " (bind)" : "")
            },
        ])
    }

    /// All CPUs together, and each.
    func cpus(_ numbers: [Int32]) -> TextTable {
        let rows = [("all", interval.cpus.total)] + numbers.map { ("\($0)", interval.cpus[$0] ?? CPUTime()) }
        func share(_ title: String, _ importance: Int, _ ticks: (CPUTime) -> UInt64) -> TextTable.Column {
            column(title, importance: importance, rows) { Units.percent($0.1.share(ticks($0.1))) }
        }
        return TextTable(columns: [
            column("CPU", importance: 100, rows, \.0), share("USER", 95, \.user), share("NICE", 20, \.nice),
            share("SYSTEM", 94, \.system), share("SOFTIRQ", 93, \.softirq), share("IRQ", 60, \.irq),
            share("IOWAIT", 50, \.iowait), share("STEAL", 40, \.steal), share("IDLE", 96, \.idle),
        ])
    }

    private func column<Row>(
        _ title: String, importance: Int, left: Bool = false, minimum: Int? = nil, _ rows: [Row],
        _ text: (Row) -> String
    ) -> TextTable.Column {
        TextTable.Column(
            title: title, isLeft: left, importance: importance, minimum: minimum,
            floor: minimum.map { $0 / 2 },
            cells: rows.map { .init(text($0)) })
    }
}
