// SPDX-License-Identifier: Apache-2.0
import Model

/// The packets that were dropped, by reason and place: the second part of what
/// `tcpwhy drops` shows.
struct PacketTable {
    struct Row {
        var packet: PacketDrop
        var count: UInt64
    }

    /// The most frequent first; only real drops.
    let rows: [Row]
    /// Freed without a reason: the functions that did, and how many in all.
    private let unclear: UInt64
    private let unclearPlaces: [String]
    /// A listener's, which are in its row.
    private let listeners: UInt64
    private let isTraced: Bool

    init(_ packets: [PacketDrop: UInt64]?) {
        isTraced = packets != nil
        let sorted = Self.sorted(packets ?? [:])
        rows = sorted.filter { $0.packet.kind == .drop }
        let without = sorted.filter { $0.packet.kind == .unclear }
        unclear = without.reduce(0) { $0 &+ $1.count }
        var seen: Set<Substring> = []
        unclearPlaces = without.compactMap { row in
            guard let function = row.packet.location.split(separator: "+").first else { return nil }
            return seen.insert(function).inserted ? String(function) : nil
        }
        listeners = sorted.reduce(0) { $1.packet.kind == .listen ? $0 &+ $1.count : $0 }
    }

    static func sorted(_ packets: [PacketDrop: UInt64]) -> [Row] {
        packets.filter { $0.value > 0 }.map { Row(packet: $0.key, count: $0.value) }.sorted { left, right in
            if left.count != right.count { return right.count < left.count }
            return left.packet.precedes(right.packet)
        }
    }

    /// - Parameter seconds: `nil` shows totals instead of rates.
    func table(first count: Int, over seconds: Double?) -> TextTable {
        let shown = rows.prefix(count)
        func column(
            _ title: String, importance: Int, left: Bool = true, minimum: Int? = nil, floor: Int? = nil,
            _ text: (Row) -> String
        ) -> TextTable.Column {
            TextTable.Column(
                title: title, isLeft: left, importance: importance, minimum: minimum, floor: floor,
                cells: shown.map { TextTable.Cell(text($0)) })
        }
        return TextTable(columns: [
            column("DROPPED PACKETS", importance: 95, minimum: 15, floor: 10) {
                $0.packet.reason ?? "no reason given"
            },
            column(seconds == nil ? "PACKETS" : "PACKET/s", importance: 100, left: false) { row in
                seconds.map { Units.rate(row.count, over: $0) } ?? Units.exact(row.count)
            },
            column("PROTOCOL", importance: 80) { $0.packet.transport },
            column("PORT", importance: 85, left: false) { $0.packet.port.map { "\($0)" } ?? Units.none },
            column("WHERE", importance: 70, minimum: 12) { $0.packet.location },
        ])
    }

    /// What the rows leave out. Empty if nothing.
    var remarks: [String] {
        guard isTraced else { return [] }
        var remarks: [String] = []
        if listeners > 0 {
            remarks.append("\(Units.exact(listeners)) packets more are the listeners' drops, above")
        }
        if unclear > 0 {
            let places = unclearPlaces.prefix(3).joined(separator: ", ")
            let more = unclearPlaces.count > 3 ? ", …" : ""
            remarks.append(
                "\(Units.exact(unclear)) packets freed without a reason, as it happens to closed sockets "
                    + "and used packets: no drops, as far as can be told (\(places)\(more))")
        }
        return remarks
    }
}

extension PacketDrop {
    /// An order that does not change from one interval to the next.
    func precedes(_ other: PacketDrop) -> Bool {
        if location != other.location { return location < other.location }
        if reason != other.reason { return reason ?? "" < other.reason ?? "" }
        if transport != other.transport { return transport < other.transport }
        if port != other.port { return port ?? 0 < other.port ?? 0 }
        return netns ?? 0 < other.netns ?? 0
    }
}
