// SPDX-License-Identifier: Apache-2.0

/// What may come from anybody (a process names itself) and goes to a terminal.
enum Printable {
    /// Control characters, escape sequences' first of all, and invisible ones
    /// become U+FFFD.
    static func text(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(isPrintable(scalar) ? scalar : "\u{FFFD}")
        }
        return String(result)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }
}
