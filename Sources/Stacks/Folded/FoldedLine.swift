// SPDX-License-Identifier: Apache-2.0

/// One line of folded stacks: `frame;frame;frame COUNT`, or with two counts
/// (before and after) as differential folded stacks have it.
///
/// Frames may hold spaces. Two numbers at the end are always two counts, which
/// is how flame graph tools read them: a frame that ends in ` 12` loses it.
public struct FoldedLine: Sendable {
    /// Where in the line the frames stand, with the semicolons between them.
    public let stack: Range<Int>
    /// The last number, or the last but one of two.
    public let count: StackCount
    /// The last of two numbers.
    public let second: StackCount?

    /// A line without its newline; a carriage return and blanks at its end are passed over.
    /// `nil` if it does not end in a number after a blank.
    public init?(_ line: RawSpan) {
        var end = line.byteCount
        while end > 0, line.isBlank(at: end - 1) { end -= 1 }
        guard let last = Self.number(endingAt: end, in: line) else { return nil }
        if let first = Self.number(endingAt: last.before, in: line) {
            stack = 0..<first.before
            count = first.count
            second = last.count
        } else {
            stack = 0..<last.before
            count = last.count
            second = nil
        }
    }

    /// The number that ends there, and where the text before it ends: one blank parts them, any
    /// more belong to the frame.
    fileprivate static func number(endingAt end: Int, in line: RawSpan) -> (count: StackCount, before: Int)? {
        // What is no part of a number ends the search: the last frame may be long.
        let start = line.start(from: end) { $0.isDigit || $0 == UInt8(ascii: ".") }
        guard start > 0, line.isBlank(at: start - 1), let count = StackCount(line.extracting(start..<end))
        else { return nil }
        return (count, start - 1)
    }

    /// Calls `body` with each frame of a stack, root first; an empty stack has none.
    public static func forEachFrame(in stack: RawSpan, _ body: (RawSpan) throws -> Void) rethrows {
        guard stack.byteCount > 0 else { return }
        var start = 0
        for at in 0..<stack.byteCount where stack.byte(at: at) == UInt8(ascii: ";") {
            try body(stack.extracting(start..<at))
            start = at + 1
        }
        try body(stack.extracting(start..<stack.byteCount))
    }
}

extension RawSpan {
    /// Where the blank stands that parts a number at the end from the rest; `nil`: there is none.
    var blankBeforeCount: Int? { FoldedLine.number(endingAt: byteCount, in: self)?.before }

    fileprivate func isBlank(at offset: Int) -> Bool {
        switch byte(at: offset) {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): true
        default: false
        }
    }
}
