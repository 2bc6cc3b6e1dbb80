// SPDX-License-Identifier: Apache-2.0
import Model

/// Stacks by the names of their functions with what they cost, however long they are added to:
/// where there are too many, the rarest leave into one row, "[others]".
struct StackRows {
    private struct Row: Hashable {
        let owner: NamedStack.Owner?
        /// Places in `texts`.
        let frames: [UInt32]
    }

    private let keepsProcesses: Bool
    private let most: Int
    private var rows: [Row: UInt64] = [:]
    private var texts: [String] = []
    private var places: [String: UInt32] = [:]
    /// What the row of those that left has.
    private(set) var others: UInt64 = 0

    /// - Parameters:
    ///   - keepsProcesses: else what processes of one name have in common is one row, as folded
    ///     stacks have it.
    ///   - most: how many rows there may be.
    init(keepsProcesses: Bool, most: Int = 32768) {
        self.keepsProcesses = keepsProcesses
        self.most = most
    }

    mutating func add(_ stacks: [NamedStack]) {
        for stack in stacks { rows[row(stack), default: 0] &+= stack.count }
        if rows.count > most { retire() }
    }

    mutating func addOthers(_ count: UInt64) { others &+= count }

    /// The most frequent first.
    var stacks: [NamedStack] {
        var stacks = named(rows)
        if others > 0 { stacks.append(.others(others)) }
        return stacks.sorted { $0.count > $1.count }
    }

    private func named(_ rows: some Sequence<(key: Row, value: UInt64)>) -> [NamedStack] {
        rows.map { row, count in
            NamedStack(owner: row.owner, frames: row.frames.map { texts[Int($0)] }, count: count)
        }
    }

    private mutating func row(_ stack: NamedStack) -> Row {
        var owner = stack.owner
        if !keepsProcesses { owner?.pid = 0 }
        return Row(owner: owner, frames: stack.frames.map { place($0) })
    }

    private mutating func place(_ text: String) -> UInt32 {
        if let place = places[text] { return place }
        let place = UInt32(texts.count)
        texts.append(text)
        places[text] = place
        return place
    }

    /// More than has to leaves: it takes a sort. What only they had of texts goes, too.
    private mutating func retire() {
        let kept = named(rows.sorted { $0.value > $1.value }.prefix(most * 3 / 4))
        let all = rows.values.reduce(0, &+)
        (rows, texts, places) = ([:], [], [:])
        for stack in kept { rows[row(stack), default: 0] &+= stack.count }
        others &+= all &- rows.values.reduce(0, &+)
    }
}
