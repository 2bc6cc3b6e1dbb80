// SPDX-License-Identifier: Apache-2.0

/// Unique stacks and their counts. A stack is any bytes.
///
/// A stack keeps the index it got when it was first added: 0, 1, 2 and so on.
/// More numbers per stack can stand in an array beside, by this index.
public struct StackCounts: Sendable {
    private var stacks = ByteTable()
    private var counts: [StackCount] = []

    /// An empty table.
    public init() {}

    /// How many different stacks there are.
    public var count: Int { counts.count }

    /// The sum of all counts.
    public var total: StackCount { counts.total }

    /// The count of the stack with this index.
    public subscript(index: Int) -> StackCount { counts[index] }

    /// Adds to the count of a stack, which need not be known yet; its index.
    @discardableResult
    public mutating func add(_ count: StackCount, to stack: RawSpan) -> Int {
        stack.withUnsafeBytes { add(count, to: $0) }
    }

    /// Adds to the count of the stack with this index.
    public mutating func add(_ count: StackCount, at index: Int) {
        counts[index] += count
    }

    /// Adds all stacks of another table.
    public mutating func merge(_ other: StackCounts) {
        for index in 0..<other.count {
            other.stacks.withKey(index) { _ = add(other.counts[index], to: $0) }
        }
    }

    /// The index of a stack; `nil` if it was never added.
    public func index(of stack: RawSpan) -> Int? {
        stack.withUnsafeBytes { stacks.index(of: $0) }
    }

    /// Calls `body` with the bytes of the stack with this index.
    public func withStack<Result>(_ index: Int, _ body: (RawSpan) throws -> Result) rethrows -> Result {
        try stacks.withKey(index) { try body($0.bytes) }
    }

    /// Every index, in the order of the stacks' bytes; a stack comes before what it begins.
    public func sortedIndices() -> [Int] { stacks.sortedIndices() }

    mutating func add(_ count: StackCount, to stack: UnsafeRawBufferPointer) -> Int {
        let (index, isNew) = stacks.intern(stack)
        if isNew { counts.append(count) } else { counts[index] += count }
        return index
    }
}
