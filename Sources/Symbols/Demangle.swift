// SPDX-License-Identifier: Apache-2.0
import CDemangle
import Glibc

/// Turns linkers' names into those that people wrote.
enum Demangle {
    /// The name in its language's terms; as it is if it is no mangled one, or one
    /// whose text would have no end.
    static func name(_ symbol: String) -> String {
        if symbol.hasPrefix("_ZN"), let name = legacyRust(symbol) { return name }
        if symbol.hasPrefix("_Z") || symbol.hasPrefix("___Z") { return cxx(symbol) ?? symbol }
        let isSwift = ["$s", "$S", "_$s", "_$S", "_T0", "$e"].contains { symbol.hasPrefix($0) }
        if isSwift { return swift(symbol) ?? symbol }
        return symbol
    }

    /// Longer ones nobody could read.
    private static let longest = 8192

    private static func cxx(_ symbol: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: longest) { text in
            let length = why_demangle_cxx(symbol, text.baseAddress, longest)
            guard length >= 0 else { return nil }
            return String(decoding: UnsafeRawBufferPointer(text)[..<length], as: UTF8.self)
        }
    }

    /// Swift's demangler cannot be stopped from within, so that names whose parts name
    /// earlier ones often are left alone: with each such part a text may grow by half.
    private static func swift(_ symbol: String) -> String? {
        guard symbol.utf8.count <= 2048, substitutions(symbol) <= 40 else { return nil }
        guard let text = swift_demangle(symbol, symbol.utf8.count, nil, nil, 0) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// How many earlier parts a Swift name refers to, at most: "A", then any number of
    /// lower-case letters and an upper-case one, each with how often it is repeated
    /// (docs/ABI/Mangling.rst, "Substitutions").
    private static func substitutions(_ symbol: String) -> Int {
        var count = 0
        var isOpen = false
        var times = 0
        for byte in symbol.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9") where isOpen:
                times = min(times * 10 + Int(byte - UInt8(ascii: "0")), 1000)
            case UInt8(ascii: "a")...UInt8(ascii: "z") where isOpen:
                count += max(times, 1)
                times = 0
            case UInt8(ascii: "A")...UInt8(ascii: "Z") where isOpen:
                count += max(times, 1)
                times = 0
                isOpen = false
            case UInt8(ascii: "A"): isOpen = true
            default:
                // "A_", "A12_": one far back.
                if isOpen { count += 1 }
                times = 0
                isOpen = false
            }
        }
        return count
    }

    /// Rust before its own mangling: C++'s, the last part a hash.
    private static func legacyRust(_ symbol: String) -> String? {
        let plain = symbol.firstRange(of: ".llvm.").map { symbol[..<$0.lowerBound] } ?? symbol[...]
        let tail = plain.utf8.suffix(20)
        guard tail.count == 20, tail.starts(with: "17h".utf8), tail.last == UInt8(ascii: "E"),
            tail.dropFirst(3).dropLast().allSatisfy({ hexDigit($0) != nil }),
            let text = cxx(String(plain)), text.utf8.count > 19
        else { return nil }
        // "::h" and 16 digits.
        return rustText(text.dropLast(19))
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
