// SPDX-License-Identifier: Apache-2.0

/// What a flame graph shows: stacks, and one count of each, or two, before and after.
public struct FlameInput: Sendable {
    private(set) var stacks = FrameStacks()
    /// By the index of the stack; of two counts the one after.
    private(set) var counts: [StackCount] = []
    /// The ones before; `nil`: there is one count per stack.
    private(set) var before: [StackCount]?

    /// No stack yet.
    init(isDifference: Bool) {
        before = isDifference ? [] : nil
    }

    /// One count per stack.
    public init(_ stacks: StackCounts) {
        self.init(isDifference: false)
        for index in 0..<stacks.count { stacks.withStack(index) { add(stacks[index], to: $0) } }
    }

    /// Two counts per stack.
    public init(_ difference: StackDifference) {
        self.init(isDifference: true)
        for index in 0..<difference.stacks.count {
            difference.stacks.withStack(index) {
                add(difference.second[index], before: difference.first[index], to: $0)
            }
        }
    }

    /// Whether there is no stack at all.
    public var isEmpty: Bool { stacks.count == 0 }

    /// Whether it shows what changed.
    public var isDifference: Bool { before != nil }

    /// Adds to the counts of a stack, which need not be known yet.
    mutating func add(_ count: StackCount, before earlier: StackCount = .zero, to stack: RawSpan) {
        let index = stacks.add(stack)
        if index == counts.count {
            counts.append(.zero)
            before?.append(.zero)
        }
        counts[index] += count
        before?[index] += earlier
    }

    /// It is no difference: what looked like the count before belongs to a name.
    mutating func forgetBefore() { before = nil }
}
