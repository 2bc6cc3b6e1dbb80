// SPDX-License-Identifier: Apache-2.0
import Model

/// The second section: per destination, how full the range of ports is.
struct RangeTable {
    var ranges: [PortRange]
    /// TIME_WAIT sockets taken over, by destination. `nil`: not measured.
    var reused: [Destination: UInt64?]
    var seconds: Double
    var showsNetns: Bool

    init(_ interval: PortsInterval, showsNetns: Bool) {
        ranges = interval.ranges.sorted { left, right in
            let leftShare = left.share ?? 2
            let rightShare = right.share ?? 2
            if leftShare != rightShare { return leftShare > rightShare }
            return left.destination.precedes(right.destination)
        }
        seconds = interval.duration
        self.showsNetns = showsNetns
        var total: [Destination: ConnectStats] = [:]
        for (key, stats) in interval.connects {
            guard let destination = key.destinationOfRange else { continue }
            total[destination] = total[destination]?.merging(stats) ?? stats
        }
        reused = total.mapValues(\.reused)
    }

    func table(first count: Int) -> TextTable {
        let shown = Array(ranges.prefix(count))
        func column(
            _ title: String, importance: Int, left: Bool = false, minimum: Int? = nil,
            floor: Int? = nil, _ cell: (PortRange) -> TextTable.Cell
        ) -> TextTable.Column {
            TextTable.Column(
                title: title, isLeft: left, importance: importance, minimum: minimum,
                floor: floor, cells: shown.map(cell))
        }
        var columns = [
            column("DESTINATION", importance: 100, left: true, minimum: 21, floor: 8) {
                EndpointText.cell(EndpointText.of($0.destination.address, $0.destination.port))
            }
        ]
        if showsNetns {
            columns.append(column("NETNS", importance: 30) { .init("\($0.destination.netns)") })
        }
        columns += [
            column("RANGE", importance: 80) { .init("\($0.low)-\($0.high)") },
            column("SIZE", importance: 60) { .init("\($0.size)") },
            column("RESERVED", importance: 20) { .init("\($0.reserved)") },
            column("IN USE", importance: 90) { range in
                .init(
                    "\(range.inUse) (\(Units.percent(range.share)))",
                    range.isExhausted ? .bad : .plain)
            },
            column("TIME_WAIT", importance: 70) { .init("\($0.timeWait)") },
        ]
        if ranges.contains(where: { $0.bound > 0 }) {
            columns.append(column("BY bind()", importance: 65) { .init("\($0.bound)") })
        }
        columns += [
            column("REUSED/s", importance: 40) { .init(reuse($0)) },
            column("EXPECTED TRIED", importance: 50) { .init("~" + Units.mean($0.expectedTried)) },
        ]
        if ranges.contains(where: { $0.age >= Units.leastAge }) {
            columns.append(column("SEEN", importance: 75) { .init(Units.age($0.age)) })
        }
        return TextTable(columns: columns)
    }

    /// The namespace's counter bounds what one destination's connects took over.
    private func reuse(_ range: PortRange) -> String {
        if let reused = reused[range.destination] ?? nil { return Units.rate(reused, over: seconds) }
        guard let recycled = range.recycled else { return Units.none }
        return (recycled == 0 ? "" : "≤") + Units.rate(recycled, over: seconds)
    }
}

extension Destination {
    func precedes(_ other: Destination) -> Bool {
        if address != other.address { return address < other.address }
        if port != other.port { return port < other.port }
        return netns < other.netns
    }
}
