// SPDX-License-Identifier: Apache-2.0

/// Takes stacks that are folded already and adds up equal ones.
struct FoldedText: Sendable {
    /// Lines that counted.
    private(set) var lineCount = 0
    private(set) var skipped = SkippedLines()
    private(set) var stacks = StackCounts()
    /// By the stack's index: the second count, of differential folded stacks. Shorter where there is none.
    private(set) var seconds: [StackCount?] = []

    /// One line without its newline; comments are passed over.
    mutating func take(_ raw: UnsafeRawBufferPointer, number: Int) {
        let line = raw.bytes
        guard !line.has("#", at: 0), line.end(from: 0, while: \.isSpace) < line.byteCount else { return }
        guard let folded = FoldedLine(line) else { return skipped.add(line: number) }
        let index = stacks.add(folded.count, to: line.extracting(folded.stack))
        lineCount += 1
        guard let second = folded.second else { return }
        while seconds.count <= index { seconds.append(nil) }
        seconds[index] = seconds[index] ?? .zero
        seconds[index]! += second
    }
}
