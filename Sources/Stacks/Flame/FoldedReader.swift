// SPDX-License-Identifier: Apache-2.0

/// Reads folded stacks; what is no such line is counted and passed over.
public struct FoldedReader {
    /// Whether addresses in names become `0x...`.
    public var stripsHex = false
    public private(set) var skipped = SkippedLines()

    /// Reads as it is written.
    public init() {}

    /// Calls `body` with every stack and its count, as they come; of two counts it is the last.
    public mutating func forEachCount(
        in text: inout LineBlocks, _ body: (RawSpan, StackCount) -> Void
    ) throws {
        try forEachStack(in: &text) { body($0, $1.second ?? $1.count) }
    }

    /// Reads stacks with one count or with two, which all lines must have for it to be a difference.
    public mutating func stacks(in text: inout LineBlocks) throws -> FlameInput {
        var input: FlameInput?
        try forEachStack(in: &text) { stack, line in
            if input == nil { input = FlameInput(isDifference: line.second != nil) }
            // What looked like two counts was a name that ends in a number.
            if line.second == nil { input?.forgetBefore() }
            input?.add(line.second ?? line.count, before: line.count, to: stack)
        }
        return input ?? FlameInput(isDifference: false)
    }

    private mutating func forEachStack(
        in text: inout LineBlocks, _ body: (RawSpan, FoldedLine) -> Void
    ) throws {
        var malformed = SkippedLines()
        while try text.next({ block, firstLine in
            var number = firstLine
            block.forEachLine { line in
                defer { number += 1 }
                guard let folded = FoldedLine(line) else {
                    if !line.isCommentOrBlank { malformed.add(line: number) }
                    return
                }
                let stack = line.extracting(folded.stack)
                if stripsHex, let stripped = HexAddresses.stripped(stack) {
                    stripped.withUnsafeBytes { body($0.bytes, folded) }
                } else {
                    body(stack, folded)
                }
            }
        }) {}
        skipped.merge(malformed)
        skipped.merge(text.skipped)
    }
}

extension RawSpan {
    fileprivate var isCommentOrBlank: Bool {
        has("#", at: 0) || end(from: 0, while: \.isSpace) == byteCount
    }
}
