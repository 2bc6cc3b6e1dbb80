// SPDX-License-Identifier: Apache-2.0

/// A stack as a line has it, before its count. What names hold is in others' hands: it must neither
/// command a terminal nor be read as something else than a stack.
enum WrittenStack {
    /// U+FFFD
    private static let replacement: [UInt8] = [0xef, 0xbf, 0xbd]

    /// Nearly always the stack's own bytes.
    static func append(_ stack: RawSpan, hasTwoCounts: Bool, to text: inout [UInt8]) {
        let start = text.count
        stack.withUnsafeBytes { bytes in
            if bytes.contains(where: { isSuspect($0) }) {
                appendPrintable(bytes, to: &text)
            } else {
                text += bytes
            }
        }
        guard start < text.count else { return }
        // A comment begins so.
        if text[start] == UInt8(ascii: "#") { text[start] = UInt8(ascii: "_") }
        // A number before the count would be a first count of two.
        guard !hasTwoCounts else { return }
        let blank = text.span.bytes.extracting(start..<text.count).blankBeforeCount
        if let blank { text[start + blank] = UInt8(ascii: "_") }
    }

    /// A control character, or what may begin one: U+0080 to U+009F are two bytes.
    @inline(__always)
    private static func isSuspect(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f || byte == 0xc2 }

    private static func appendPrintable(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte == 0xc2, at < bytes.count, (0x80...0x9f).contains(bytes[at]) {
                text += replacement
                at += 1
            } else if byte < 0x20 || byte == 0x7f {
                text += replacement
            } else {
                text.append(byte)
            }
        }
    }
}
