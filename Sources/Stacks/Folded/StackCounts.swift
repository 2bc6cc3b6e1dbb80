// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Unique stacks and their counts. A stack is any bytes; all stand one after
/// another in one array, and a table of indices with open addressing finds them.
///
/// A stack keeps the index it got when it was first added: 0, 1, 2 and so on.
/// More numbers per stack can stand in an array beside, by this index.
public struct StackCounts: Sendable {
    private var bytes: [UInt8] = []
    /// Where each stack begins in `bytes`; it ends where the next begins.
    private var starts: [Int] = [0]
    private var hashes: [UInt64] = []
    private var counts: [StackCount] = []
    /// Index + 1 of the stack, 0 where none is; a power of two, at most half full.
    private var slots: [UInt32] = Array(repeating: 0, count: 1024)

    /// An empty table.
    public init() {}

    /// How many different stacks there are.
    public var count: Int { counts.count }

    /// The sum of all counts.
    public var total: StackCount { counts.reduce(into: .zero) { $0 += $1 } }

    /// The count of the stack with this index.
    public subscript(index: Int) -> StackCount { counts[index] }

    /// Adds to the count of a stack, which need not be known yet; its index.
    @discardableResult
    public mutating func add(_ count: StackCount, to stack: RawSpan) -> Int {
        stack.withUnsafeBytes { add(count, to: $0, hash: ByteHash.of($0)) }
    }

    /// Adds to the count of the stack with this index.
    public mutating func add(_ count: StackCount, at index: Int) {
        counts[index] += count
    }

    /// Adds all stacks of another table.
    public mutating func merge(_ other: StackCounts) {
        for index in 0..<other.count {
            other.withBytes(of: index) { _ = add(other.counts[index], to: $0, hash: other.hashes[index]) }
        }
    }

    /// The index of a stack; `nil` if it was never added.
    public func index(of stack: RawSpan) -> Int? {
        stack.withUnsafeBytes { stack in
            let slot = slots[slot(of: stack, hash: ByteHash.of(stack))]
            return slot == 0 ? nil : Int(slot) - 1
        }
    }

    /// Calls `body` with the bytes of the stack with this index.
    public func withStack<Result>(_ index: Int, _ body: (RawSpan) throws -> Result) rethrows -> Result {
        try withBytes(of: index) { try body($0.bytes) }
    }

    /// Every index, in the order of the stacks' bytes; a stack comes before what it begins.
    public func sortedIndices() -> [Int] {
        bytes.withUnsafeBytes { bytes in
            (0..<count).sorted { left, right in
                let left = UnsafeRawBufferPointer(rebasing: bytes[starts[left]..<starts[left + 1]])
                let right = UnsafeRawBufferPointer(rebasing: bytes[starts[right]..<starts[right + 1]])
                return left.precedes(right)
            }
        }
    }

    /// Calls `body` with every stack and its count, in the order of the stacks' bytes.
    public func forEachSorted(_ body: (RawSpan, StackCount) throws -> Void) rethrows {
        for index in sortedIndices() {
            try withStack(index) { try body($0, counts[index]) }
        }
    }

    private func withBytes<Result>(
        of index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try bytes.withUnsafeBytes { bytes in
            // The slice checks the bounds; what it points to lives as long as `bytes` here.
            try body(UnsafeRawBufferPointer(rebasing: bytes[starts[index]..<starts[index + 1]]))
        }
    }

    private mutating func add(_ count: StackCount, to stack: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        let slot = slot(of: stack, hash: hash)
        if slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            counts[index] += count
            return index
        }
        bytes.append(contentsOf: stack)
        starts.append(bytes.count)
        hashes.append(hash)
        counts.append(count)
        slots[slot] = UInt32(counts.count)
        if counts.count * 2 > slots.count { grow() }
        return counts.count - 1
    }

    /// The slot where the stack is, or the empty one where it belongs.
    private func slot(of stack: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if hashes[index] == hash, withBytes(of: index, { $0.equals(stack) }) { return slot }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (index, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(index + 1)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The same bytes; both pointers are valid for their counts, as every buffer pointer's is.
    @inline(__always)
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count > 0, let left = baseAddress, let right = other.baseAddress else { return true }
        return memcmp(left, right, count) == 0
    }

    /// In the order of bytes; what is shorter comes first where it begins the other.
    func precedes(_ other: UnsafeRawBufferPointer) -> Bool {
        let common = Swift.min(count, other.count)
        guard common > 0, let left = baseAddress, let right = other.baseAddress else {
            return count < other.count
        }
        let order = memcmp(left, right, common)
        return order == 0 ? count < other.count : order < 0
    }
}
