// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Stacks

@Suite struct StackDifferenceTests {
    private func lines(_ difference: StackDifference) -> [String] {
        var bytes: [UInt8] = []
        difference.write { $0.withUnsafeBytes { bytes += $0 } }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func read(
        _ text: String, stripsHex: Bool = false
    ) throws -> (stacks: FlameInput, skipped: SkippedLines) {
        var reader = FoldedReader()
        reader.stripsHex = stripsHex
        var rest = Array(text.utf8)[...]
        var blocks = LineBlocks { room in
            let part = rest.prefix(room.count)
            room.copyBytes(from: part)
            rest = rest.dropFirst(part.count)
            return part.count
        }
        let stacks = try reader.stacks(in: &blocks)
        return (stacks, reader.skipped)
    }

    @Test("every stack of either, sorted, with both counts")
    func writes() {
        let difference = FlameSample.difference(["b": (0, 1), "a;c": (0, 2), "a": (3, 0), "b": (4, 0)])
        #expect(lines(difference) == ["a 3 0", "a;c 0 2", "b 4 1"])
    }

    @Test("scaled counts meet the second's sum, each frame to within one", arguments: 1...5)
    func normalizes(seed: UInt64) {
        let (before, after) = (FlameSample.random(400, seed: seed), FlameSample.random(90, seed: seed + 100))
        var difference = StackDifference()
        before.forEachSorted { difference.add(first: $1, to: $0) }
        after.forEachSorted { difference.add(second: $1, to: $0) }
        difference.normalize()
        #expect(difference.totals.first == after.total)
        let factor = after.total.value / before.total.value
        for index in 0..<difference.stacks.count {
            let known =
                difference.stacks.withStack(index) { before.index(of: $0) }.map { before[$0].value } ?? 0
            #expect(abs(difference.first[index].value - known * factor) < 1)
            #expect(difference.first[index].billionths == 0)
        }
    }

    @Test("nothing to scale stays nothing, and the largest counts are no trap")
    func normalizesExtremes() {
        var difference = FlameSample.difference(["a": (0, 5)])
        difference.normalize()
        #expect(lines(difference) == ["a 0 5"])
        difference = FlameSample.difference(["a": (.max, 7), "b": (.max, 0), "c": (1, .max)])
        difference.normalize()
        #expect(difference.totals.first == difference.totals.second)
        difference = FlameSample.difference(["a": (3, 0)])
        difference.normalize()
        #expect(lines(difference) == ["a 0 0"])
    }

    @Test("two counts on every line make a difference; on some, the last is the count")
    func readsEither() throws {
        let difference = try read("a;b 1 2\nc 3 4\n").stacks
        #expect(difference.isDifference)
        #expect(difference.lines == ["a;b 1 2", "c 3 4"])
        for text in ["a 1 2\nb 5\n", "b 5\na 1 2\n"] {
            let counts = try read(text).stacks
            #expect(!counts.isDifference)
            #expect(counts.lines == ["a 2", "b 5"])
        }
    }

    @Test("lines that are none are counted; comments and empty ones are not")
    func malformed() throws {
        let (stacks, skipped) = try read("a 1\n\n# made by hand\nb\nc x\n")
        #expect(!stacks.isEmpty)
        #expect(skipped.count == 2)
        #expect(skipped.firstLine == 4)
        #expect(try read("").stacks.isEmpty)
    }

    @Test("addresses are alike if that is asked for")
    func hex() throws {
        func stripped(_ text: String) -> String? {
            HexAddresses.stripped(Array(text.utf8).span.bytes).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(stripped("f+0x1F;0xdeadbeef;g") == "f+0x...;0x...;g")
        #expect(stripped("0x") == nil)
        #expect(stripped("00xg;0X1") == nil)
        #expect(stripped("0x1") == "0x...")
        #expect(try read("a;0x12 1\na;0xab 2\n", stripsHex: true).stacks.lines == ["a;0x... 3"])
    }
}
