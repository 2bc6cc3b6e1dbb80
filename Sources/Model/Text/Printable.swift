// SPDX-License-Identifier: Apache-2.0

/// What may come from anybody (a process names itself), made fit for where it goes.
package enum Printable {
    /// For a terminal: control characters, escape sequences' first of all, and invisible ones
    /// become U+FFFD.
    package static func text(_ text: String) -> String {
        replacing(text) { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
                .paragraphSeparator:
                "\u{FFFD}"
            default: scalar
            }
        }
    }

    /// For a frame of folded stacks: what would end it or its line becomes something else.
    package static func frame(_ text: String) -> String {
        replacing(text) { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
            default: scalar == ";" ? ":" : scalar
            }
        }
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
