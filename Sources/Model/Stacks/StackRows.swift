// SPDX-License-Identifier: Apache-2.0

/// Stacks by the names of their functions with what they cost, however long they are added to:
/// where there are too many, the rarest leave into one row, "[others]".
public struct StackRows: Sendable {
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
    public private(set) var others: UInt64 = 0

    /// - Parameters:
    ///   - keepsProcesses: else what processes of one name have in common is one row, as folded
    ///     stacks have it.
    ///   - most: how many rows there may be.
    public init(keepsProcesses: Bool, most: Int = 32768) {
        self.keepsProcesses = keepsProcesses
        self.most = most
    }

    public mutating func add(_ stacks: [NamedStack]) {
        for stack in stacks { rows[row(stack), default: 0] &+= stack.count }
        if rows.count > most { retire() }
    }

    public mutating func addOthers(_ count: UInt64) { others &+= count }

    /// Takes away an earlier reading of the same stacks. What of it has left since left into the
    /// others.
    mutating func subtract(_ earlier: StackRows) {
        others = others.minus(earlier.others)
        for stack in earlier.named(earlier.rows) {
            let row = row(stack)
            let now = rows[row] ?? 0
            rows[row] = now > stack.count ? now - stack.count : nil
            others = others.minus(stack.count.minus(now))
        }
    }

    /// All rows together.
    public var total: UInt64 { rows.values.reduce(others, &+) }

    /// The most frequent first.
    public var stacks: [NamedStack] {
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

/// Stacks with what they cost, other than samples, and what is wrong with some of it.
public struct StackCosts: Sendable {
    /// What found no room in the kernel's tables is in the row "[others]", too.
    public private(set) var rows: StackRows
    public private(set) var loss = SampleLoss()

    public init(keepsProcesses: Bool) {
        rows = StackRows(keepsProcesses: keepsProcesses)
    }

    /// - Parameter loss: of these stacks; `unplaced` is in none of them.
    public mutating func add(_ stacks: [NamedStack], _ loss: SampleLoss) {
        rows.add(stacks)
        rows.addOthers(loss.unplaced)
        self.loss.merge(loss)
        self.loss.others = rows.others &- self.loss.unplaced
    }

    /// Takes away an earlier reading of the same costs.
    mutating func subtract(_ earlier: StackCosts) {
        rows.subtract(earlier.rows)
        loss.subtract(earlier.loss)
    }
}
