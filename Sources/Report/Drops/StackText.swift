// SPDX-License-Identifier: Apache-2.0
import Model

/// Under the table of dropped packets: by which functions the kernel came to drop them.
struct StackText {
    /// Most stacks of one reason and place.
    private static let stacksEach = 3

    private let interval: DropsInterval
    private let byPlace: [DropPlace: [[String]: UInt64]]

    init(_ interval: DropsInterval) {
        self.interval = interval
        byPlace = (interval.stacks ?? [:]).byPlace
    }

    /// For the places of the rows that are shown, in their order. Empty if no stacks were
    /// asked for, or none was dropped.
    func lines(of rows: some Sequence<PacketTable.Row>, _ style: TextStyle) -> [String] {
        var lines: [String] = []
        var told: Set<DropPlace> = []
        for row in rows {
            let place = DropPlace(row.packet)
            guard told.insert(place).inserted, let stacks = byPlace[place] else { continue }
            lines += self.lines(of: place, stacks, style)
        }
        return lines
    }

    private func lines(of place: DropPlace, _ stacks: [[String]: UInt64], _ style: TextStyle) -> [String] {
        let kept = StackOrder.sorted(stacks).filter { !$0.frames.isEmpty }
        let lost = stacks[[]] ?? 0
        let reason = place.reason ?? "no reason given"
        var lines = [
            "", style.fit("\(reason) at \(place.location), innermost function first"),
        ]
        for stack in kept.prefix(Self.stacksEach) {
            let frames = stack.frames.reversed().joined(separator: " < ")
            lines += style.wrap("\(Units.exact(stack.count)) by \(frames)")
        }
        let rest = kept.dropFirst(Self.stacksEach)
        if !rest.isEmpty {
            let count = rest.reduce(0) { $0 &+ $1.count }
            lines.append(style.fit("\(Units.exact(count)) by \(rest.count) other stacks"))
        }
        if lost > 0 {
            lines.append(style.fit("\(Units.exact(lost)) by stacks that were not kept (table full)"))
        }
        return lines
    }
}

/// Stacks in the order in which they are shown: the most frequent first.
enum StackOrder {
    static func sorted(_ stacks: [[String]: UInt64]) -> [(frames: [String], count: UInt64)] {
        stacks.filter { $0.value > 0 }.map { ($0.key, $0.value) }.sorted { left, right in
            if left.count != right.count { return right.count < left.count }
            return left.frames.lexicographicallyPrecedes(right.frames)
        }
    }
}
