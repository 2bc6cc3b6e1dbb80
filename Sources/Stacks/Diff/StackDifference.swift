// SPDX-License-Identifier: Apache-2.0

/// Every stack of two profiles, with the count of each: before and after.
public struct StackDifference: Sendable {
    /// The stacks; their counts are in `first` and `second`, by index.
    public private(set) var stacks = StackCounts()
    public private(set) var first: [StackCount] = []
    public private(set) var second: [StackCount] = []

    /// No stack yet.
    public init() {}

    /// Sums of the counts.
    public var totals: (first: StackCount, second: StackCount) {
        (first.total, second.total)
    }

    /// Adds to the counts of a stack, which need not be known yet.
    public mutating func add(first: StackCount = .zero, second: StackCount = .zero, to stack: RawSpan) {
        let index = stacks.add(.zero, to: stack)
        if index == self.first.count {
            self.first.append(.zero)
            self.second.append(.zero)
        }
        self.first[index] += first
        self.second[index] += second
    }

    /// Scales the first counts so that their sum is the second's, as far as there is any to scale.
    ///
    /// What is rounded is the running sum: so the sum is met exactly, and the count of every
    /// frame with all that it calls is right to within one, however small its parts.
    /// Whole counts stay whole.
    public mutating func normalize() {
        let totals = totals
        guard totals.first > .zero else { return }
        let isWhole = !first.contains { $0.billionths > 0 } && totals.second.billionths == 0
        let unit: UInt128 = isWhole ? 1_000_000_000 : 1
        let (from, to) = (totals.first.inBillionths / unit, totals.second.inBillionths / unit)
        var (sum, scaledSum): (UInt128, UInt128) = (0, 0)
        for index in FlameInput(stacks).stacks.frameOrder() {
            sum = min(sum + first[index].inBillionths / unit, from)
            let product = sum.multipliedFullWidth(by: to)
            let next = from.dividingFullWidth(product).quotient
            first[index] = StackCount(inBillionths: (next - scaledSum) * unit)
            scaledSum = next
        }
    }

    /// Writes `stack before after` lines, in the order of the stacks' bytes, a piece at a time.
    public func write(to sink: (RawSpan) throws -> Void) rethrows {
        var text = XMLBytes()
        for index in stacks.sortedIndices() {
            stacks.withStack(index) { stack in
                if let printed = stack.printed { text.put(printed) } else { text.put(stack) }
            }
            text.put(" ")
            text.put(first[index], grouped: false)
            text.put(" ")
            text.put(second[index], grouped: false)
            text.put("\n")
            try text.flushIfLong(to: sink)
        }
        try text.flush(to: sink)
    }
}

extension StackCount {
    fileprivate var inBillionths: UInt128 { UInt128(whole) * 1_000_000_000 + UInt128(billionths) }

    fileprivate init(inBillionths parts: UInt128) {
        let (whole, rest) = parts.quotientAndRemainder(dividingBy: 1_000_000_000)
        self = UInt64(exactly: whole).map { StackCount(whole: $0, billionths: UInt32(rest)) } ?? .max
    }

    /// How far apart two counts are.
    func distance(to other: StackCount) -> StackCount {
        let (mine, theirs) = (inBillionths, other.inBillionths)
        return StackCount(inBillionths: mine > theirs ? mine - theirs : theirs - mine)
    }
}
