// SPDX-License-Identifier: Apache-2.0

/// A stack as a line has it, before its count. What names hold is in others' hands: it must neither
/// command a terminal nor be read as something else than a stack.
enum WrittenStack {
    /// Nearly always the stack's own bytes.
    static func append(_ stack: RawSpan, hasTwoCounts: Bool, to text: inout [UInt8]) {
        let start = text.count
        if let printed = stack.printed { text += printed.utf8 } else { stack.withUnsafeBytes { text += $0 } }
        guard start < text.count else { return }
        // A comment begins so.
        if text[start] == UInt8(ascii: "#") { text[start] = UInt8(ascii: "_") }
        // A number before the count would be a first count of two.
        guard !hasTwoCounts else { return }
        let blank = text.span.bytes.extracting(start..<text.count).blankBeforeCount
        if let blank { text[start + blank] = UInt8(ascii: "_") }
    }
}
