// SPDX-License-Identifier: Apache-2.0

/// Columns of a terminal that text takes.
enum DisplayWidth {
    static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.unicodeScalars.reduce(0) { $0 + of($1) }
    }

    static func of(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// At most `width` columns; what is cut off leaves a "…".
    static func truncated(_ text: String, to width: Int) -> String {
        guard of(text) > width else { return text }
        guard width > 1 else { return width == 1 ? "…" : "" }
        var result = String.UnicodeScalarView()
        var used = 0
        for scalar in text.unicodeScalars {
            used += of(scalar)
            if used > width - 1 { break }
            result.append(scalar)
        }
        return String(result) + "…"
    }

    /// The same, cut out of the middle so that the last `ending` columns stay.
    static func truncated(_ text: String, to width: Int, keeping ending: Int) -> String {
        guard of(text) > width, ending > 0, width > ending + 3 else {
            return truncated(text, to: width)
        }
        return truncated(text, to: width - ending) + String(text.suffix(ending))
    }

    /// The blocks of East Asian scripts and pictographs (Unicode Standard Annex #11,
    /// Wide and Fullwidth).
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23EC, 0x2614...0x2615, 0x2648...0x2653,
        0x26A1...0x26A1, 0x2705...0x2705, 0x2728...0x2728, 0x274C...0x274C, 0x2753...0x2757,
        0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x16FE0...0x18D08, 0x1B000...0x1B2FB, 0x1F004...0x1F004,
        0x1F18E...0x1F19A, 0x1F200...0x1F64F, 0x1F680...0x1F6FC, 0x1F7E0...0x1F7F0,
        0x1F90C...0x1FAFF, 0x20000...0x3FFFD,
    ]
}
