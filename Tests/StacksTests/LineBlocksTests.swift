// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Stacks

@Suite struct LineBlocksTests {
    /// The lines of a text that arrives in pieces of the given size.
    private func lines(
        _ text: String, buffer: Int, piece: Int
    ) throws -> (lines: [String], skipped: SkippedLines) {
        var rest = Array(text.utf8)[...]
        var blocks = LineBlocks(size: buffer) { room in
            let part = rest.prefix(min(piece, room.count))
            room.copyBytes(from: part)
            rest = rest.dropFirst(part.count)
            return part.count
        }
        var lines: [String] = []
        var numbers: [Int] = []
        while try blocks.next({ block, firstLine in
            numbers.append(firstLine)
            block.forEachLine { line in
                lines.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            }
        }) {}
        #expect(numbers.first == (text.isEmpty ? nil : 1))
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        #expect(blocks.byteCount == text.utf8.count)
        return (lines, blocks.skipped)
    }

    @Test("the same lines however the text arrives", arguments: [1, 2, 3, 7, 64])
    func anyPieces(piece: Int) throws {
        let (found, skipped) = try lines("one\n\ntwo\r\nlast", buffer: 8, piece: piece)
        #expect(found == ["one", "", "two\r", "last"])
        #expect(skipped == SkippedLines())
    }

    @Test("no text, no line")
    func empty() throws {
        #expect(try lines("", buffer: 8, piece: 8).lines == [])
        #expect(try lines("\n", buffer: 8, piece: 8).lines == [""])
    }

    @Test("a line that does not fit is left out and counted", arguments: [1, 5, 64])
    func tooLong(piece: Int) throws {
        let long = String(repeating: "x", count: 100)
        let (found, skipped) = try lines("a\n\(long)\nb\n\(long)\nc\n\(long)", buffer: 16, piece: piece)
        #expect(found == ["a", "b", "c"])
        #expect(skipped.count == 3)
        #expect(skipped.firstLine == 2)
    }
}
