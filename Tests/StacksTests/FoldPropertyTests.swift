// SPDX-License-Identifier: Apache-2.0
import Seeded
import Testing

@testable import Stacks

/// What holds for every text, well-formed or not.
@Suite struct FoldPropertyTests {
    private static let pieces: [String] = [
        "nginx 12/13 [001] 1.5: cycles:", "V8 Worker 7 1.5: cycles:", "java 12 [000] 1.5: cycles:",
        "swapper 0/0 [000] 1.5: ", "a;b 12 1.5: cycles:", "\tffff tcp_sendmsg+0x1f ([kernel.kallsyms])",
        " 1 a->b->c (/tmp/perf-12.map)", " 1 [unknown] ([unknown])", " 1 La/b;::c(Ld;)V (x)", "abc (x)",
        " 1 \"(anonymous namespace)'.(*T). (y)", "", "", "\r", " ", "# comment", "main.c:12", "@[", "]: 3",
        "a;b 12",
        "a 12 5", "@[, x]: 5", "\u{0}\u{fffd}",
    ]

    /// Lines of all kinds, most of them with something wrong.
    private func randomText(_ random: inout SeededGenerator) -> [UInt8] {
        var text = Array("ab 1 [000] 1.5: cycles:\n".utf8)
        for _ in 0..<Int.random(in: 0...120, using: &random) {
            var line = Array(Self.pieces.randomElement(using: &random)!.utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let at = Int.random(in: 0...line.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0:
                    let byte = UInt8(truncatingIfNeeded: random.next())
                    // A digit could make a period, and then counts were no samples.
                    line.insert(byte.isDigit ? UInt8(ascii: "(") : byte, at: at)
                case 1: line.removeSubrange(at...)
                default: line.removeSubrange(at..<min(at + 2, line.count))
                }
            }
            text += line + [UInt8(ascii: "\n")]
        }
        return text
    }

    @Test("no text crashes; the counts are as many as the samples")
    func countsAreSamples() {
        var random = SeededGenerator(seed: 1)
        for round in 0..<400 {
            let text = randomText(&random)
            let result = fold(text) {
                $0.kernel = round % 2 == 0
                $0.jit = round % 3 == 0
                $0.tid = round % 5 == 0
                $0.addresses = round % 7 == 0
                $0.event = round % 11 == 0 ? "cycles" : nil
            }
            #expect(result.stacks.total == StackCount(UInt64(result.sampleCount)))
            #expect(result.skipped.count <= text.split(separator: UInt8(ascii: "\n")).count)
        }
    }

    @Test("a text folds to the same however it arrives")
    func anyBlocks() throws {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<60 {
            let text = randomText(&random)
            let whole = fold(text)
            var rest = text[...]
            let size = Int.random(in: 1...300, using: &random)
            var blocks = LineBlocks(size: 512) { room in
                let part = rest.prefix(min(size, room.count))
                room.copyBytes(from: part)
                rest = rest.dropFirst(part.count)
                return part.count
            }
            var folding = Folding(FoldOptions())
            while try blocks.next({ folding.take($0, firstLine: $1) }) {}
            let pieced = folding.result()
            #expect(pieced.lines == whole.lines)
            #expect(pieced.skipped == whole.skipped)
        }
    }

    @Test("options change names, not how much is counted")
    func totalsStay() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<100 {
            let text = randomText(&random)
            let total = fold(text).stacks.total
            #expect(fold(text) { $0.tid = true }.stacks.total == total)
            #expect(
                fold(text) { ($0.kernel, $0.jit, $0.addresses) = (true, true, true) }.stacks.total == total)
        }
    }

    /// A process names itself and its functions.
    @Test(
        "what is written is read as what it was",
        arguments: [
            ("f 12", "app;f_12 1"), ("a\u{1b}[2Jb", "app;a\u{fffd}[2Jb 1"), ("a\u{9b}b", "app;a\u{fffd}b 1"),
            ("näh 1.5", "app;näh_1.5 1"), ("f 12 ", "app;f 12  1"),
        ])
    func written(function: String, line: String) {
        #expect(fold("app 1 1.5: cycles:\n\tffff \(function) (/x)\n\n").lines == [line])
    }

    @Test("a stack is no comment")
    func noComment() {
        #expect(fold("@[\n    f\n, #c]: 3\n").lines == ["_c;f 3"])
    }
}
