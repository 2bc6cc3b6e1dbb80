// SPDX-License-Identifier: Apache-2.0

extension Demangler {
    /// The name in its language's terms; as it is if it is no mangled one, or one whose
    /// text cannot be had.
    func name(_ symbol: String) -> String {
        if symbol.hasPrefix("_ZN"), let name = legacyRust(symbol) { return name }
        let isMangled = ["_Z", "$s", "$S", "_$s", "_$S", "_T0", "$e"].contains { symbol.hasPrefix($0) }
        return isMangled ? text(symbol) ?? symbol : symbol
    }

    /// Rust before its own mangling: C++'s, the last part a hash.
    private func legacyRust(_ symbol: String) -> String? {
        let plain = symbol.firstRange(of: ".llvm.").map { symbol[..<$0.lowerBound] } ?? symbol[...]
        let tail = plain.utf8.suffix(20)
        guard tail.count == 20, tail.starts(with: "17h".utf8), tail.last == UInt8(ascii: "E"),
            tail.dropFirst(3).dropLast().allSatisfy({ hexDigit($0) != nil }),
            let text = self.text(String(plain)), text.utf8.count > 19
        else { return nil }
        // "::h" and 16 digits.
        return Self.rustText(text.dropLast(19))
    }

    private static let rustEscapes: [(String, Character)] = [
        ("$SP$", "@"), ("$BP$", "*"), ("$RF$", "&"), ("$LT$", "<"), ("$GT$", ">"), ("$LP$", "("),
        ("$RP$", ")"), ("$C$", ","),
    ]

    /// Characters that C++ names cannot have are written out: "$LT$", "$u20$", ".." for "::".
    private static func rustText(_ text: Substring) -> String {
        var result = ""
        var rest = text
        while let character = rest.first {
            if rest.hasPrefix("_$"), result.isEmpty || result.hasSuffix("::") {
                rest = rest.dropFirst()
            } else if rest.hasPrefix("..") {
                result += "::"
                rest = rest.dropFirst(2)
            } else if character == "$", let (plain, length) = rustEscape(rest) {
                result.append(plain)
                rest = rest.dropFirst(length)
            } else {
                result.append(character)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    private static func rustEscape(_ text: Substring) -> (Character, length: Int)? {
        if let (escape, plain) = rustEscapes.first(where: { text.hasPrefix($0.0) }) {
            return (plain, escape.count)
        }
        guard text.hasPrefix("$u"), let end = text.dropFirst(2).firstIndex(of: "$"),
            let code = UInt32(text[text.index(text.startIndex, offsetBy: 2)..<end], radix: 16),
            let scalar = Unicode.Scalar(code)
        else { return nil }
        return (Character(scalar), text.distance(from: text.startIndex, to: end) + 1)
    }
}
