// SPDX-License-Identifier: Apache-2.0
import Seeded
import Testing

@testable import Stacks

@Suite struct StackCountsTests {
    @Test("equal stacks add up and keep their index")
    func addsUp() {
        var counts = StackCounts()
        #expect(counts.add("a;b", 1) == 0)
        #expect(counts.add("a", 2) == 1)
        #expect(counts.add("a;b", 5) == 0)
        counts.add(StackCount(10), at: 1)
        #expect(counts.count == 2)
        #expect(counts[0] == StackCount(6))
        #expect(counts[1] == StackCount(12))
        #expect(counts.total == StackCount(18))
        #expect(counts.index(of: Array("a".utf8).span.bytes) == 1)
        #expect(counts.index(of: Array("c".utf8).span.bytes) == nil)
    }

    @Test("stacks come in the order of their bytes, the shorter before what it begins")
    func sorted() {
        var counts = StackCounts()
        for stack in ["b", "a;b", "\u{e9}", "a b", "a", "", "a;b;c"] { counts.add(stack, 1) }
        #expect(counts.lines == ["", "a", "a b", "a;b", "a;b;c", "b", "\u{e9}"].map { "\($0) 1" })
    }

    @Test("many stacks of all lengths: the same as a dictionary, and merging does not depend on order")
    func manyStacks() {
        var random = SeededGenerator(seed: 7)
        var expected: [String: UInt64] = [:]
        var halves = [StackCounts(), StackCounts()]
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...24, using: &random)
            let number = UInt64.random(in: 0..<4000, using: &random)
            let stack = String(repeating: "x", count: length) + "\(number)"
            let count = UInt64.random(in: 0...9, using: &random)
            expected[stack, default: 0] += count
            halves[Int.random(in: 0...1, using: &random)].add(stack, count)
        }
        var forwards = halves[0]
        forwards.merge(halves[1])
        var backwards = halves[1]
        backwards.merge(halves[0])
        #expect(forwards.lines == backwards.lines)
        #expect(forwards.count == expected.count)
        #expect(Set(forwards.lines) == Set(expected.map { "\($0) \($1)" }))
    }
}

extension StackCounts {
    @discardableResult
    mutating func add(_ stack: String, _ count: UInt64) -> Int {
        add(StackCount(count), to: Array(stack.utf8).span.bytes)
    }

    /// Every stack as a folded line, sorted.
    var lines: [String] {
        var lines: [String] = []
        forEachSorted { stack, count in
            lines.append(stack.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } + " \(count)")
        }
        return lines
    }
}

extension StackCounts {
    /// Calls `body` with every stack and its count, in the order of the stacks' bytes.
    func forEachSorted(_ body: (RawSpan, StackCount) throws -> Void) rethrows {
        for index in sortedIndices() {
            try withStack(index) { try body($0, self[index]) }
        }
    }
}
