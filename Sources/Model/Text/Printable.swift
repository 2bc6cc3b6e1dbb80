// SPDX-License-Identifier: Apache-2.0

/// What may come from anybody (a process names itself), made fit for where it goes.
package enum Printable {
    /// What stands for a character that is not shown.
    package static let replacement: Unicode.Scalar = "\u{FFFD}"

    /// Whether a character shows as itself and changes nothing around it. Controls do not (C0, DEL, C1: a
    /// terminal obeys them), nor what ends a line, turns the direction of writing, or is invisible.
    package static func shows(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7f { return scalar.value >= 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            return false
        default:
            // Which form of an emoji is meant is no more than that.
            return !scalar.properties.isDefaultIgnorableCodePoint || (0xFE00...0xFE0F).contains(scalar.value)
        }
    }

    /// One line of text for a terminal.
    package static func text(_ text: String) -> String {
        replacing(text) { shows($0) ? $0 : replacement }
    }

    /// Lines of text, each ended by a newline or the text's end.
    package static func lines(_ text: String) -> String {
        replacing(text) { shows($0) || $0 == "\n" ? $0 : replacement }
    }

    /// A frame of folded stacks: what would end it or its line becomes something else.
    package static func frame(_ text: String) -> String {
        replacing(text) { $0 == ";" ? ":" : shows($0) ? $0 : replacement }
    }

    package static func frame(_ bytes: some Collection<UInt8>) -> String {
        frame(String(decoding: bytes, as: UTF8.self))
    }

    private static func replacing(
        _ text: String, _ replacement: (Unicode.Scalar) -> Unicode.Scalar
    ) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7f).contains($0) && $0 != UInt8(ascii: ";") }
        if isPlain { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(replacement(scalar)) }
        return String(result)
    }
}
