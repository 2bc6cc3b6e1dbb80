// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Stacks

@Suite struct FoldedLineTests {
    private func parts(_ text: String) -> [String]? {
        let bytes = Array(text.utf8)
        guard let line = FoldedLine(bytes.span.bytes) else { return nil }
        let stack = String(decoding: bytes[line.stack], as: UTF8.self)
        return [stack, "\(line.count)"] + (line.second.map { ["\($0)"] } ?? [])
    }

    @Test(
        "a stack and its count",
        arguments: [
            ("nginx;main;worker 12", ["nginx;main;worker", "12"]),
            ("a;operator new 3", ["a;operator new", "3"]),
            ("a;b 2.50", ["a;b", "2.5"]),
            ("a;b 2.", ["a;b", "2"]),
            ("a;[unknown]  7", ["a;[unknown] ", "7"]),
            (" 3", ["", "3"]),
            ("a;b 4\r", ["a;b", "4"]),
        ])
    func splits(text: String, expected: [String]) {
        #expect(parts(text) == expected)
    }

    @Test("two counts, before and after")
    func twoCounts() {
        #expect(parts("a;b 12 0.5") == ["a;b", "12", "0.5"])
        #expect(parts("a;b 12  5") == ["a;b 12 ", "5"], "two blanks: the first number is a frame's")
    }

    @Test(
        "no count, no line",
        arguments: ["", " ", "12", "a;b", "a;b x", "a;b -3", "a;b 1e5", "a;b .5", "a 1.2.3"])
    func rejects(text: String) {
        #expect(parts(text) == nil)
    }

    @Test("frames of a stack, root first")
    func frames() {
        func frames(_ stack: String) -> [String] {
            var found: [String] = []
            let bytes = Array(stack.utf8)
            FoldedLine.forEachFrame(in: bytes.span.bytes) { frame in
                found.append(frame.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            }
            return found
        }
        #expect(frames("a;b c;d") == ["a", "b c", "d"])
        #expect(frames("a;;b;") == ["a", "", "b", ""])
        #expect(frames("") == [])
    }
}
