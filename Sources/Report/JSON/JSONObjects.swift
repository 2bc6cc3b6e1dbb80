// SPDX-License-Identifier: Apache-2.0

/// Reads JSON objects that stand one after another, on a line each or laid out over several, whoever
/// wrote them; and of each only the strings that are asked for. All else must be JSON, and is passed over.
struct JSONObjects {
    /// What is no JSON, and in which line, from 1 on.
    struct Malformed: Error {
        let line: Int
        let what: String
    }

    /// Objects and arrays within one another. Whoever nests deeper means to harm.
    static let deepest = 128

    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // A byte order mark, as some editors write it.
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { at = 3 }
    }

    /// The line that is read, from 1 on.
    var line: Int { 1 + bytes[..<at].count { $0 == UInt8(ascii: "\n") } }

    /// The next object's strings of these names; `nil`: there is no more. Of two with one name it
    /// is the last, as everywhere.
    mutating func next(_ wanted: Set<String>) throws(Malformed) -> (strings: [String: String], line: Int)? {
        skipBlanks()
        guard let first = peek else { return nil }
        guard first == UInt8(ascii: "{") else { throw malformed("no JSON object") }
        let line = line
        var strings: [String: String] = [:]
        try object(depth: 1) { name, string in
            if wanted.contains(name) { strings[name] = string }
        }
        return (strings, line)
    }

    private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

    private func malformed(_ what: String) -> Malformed { Malformed(line: line, what: what) }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { at += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Malformed) {
        skipBlanks()
        guard take(character) else {
            throw malformed(peek == nil ? "it ends too soon" : "no JSON: '\(character)' is missing")
        }
    }

    /// - Returns: the string, if it is one.
    private mutating func value(depth: Int) throws(Malformed) -> String? {
        skipBlanks()
        switch peek {
        case UInt8(ascii: "\""): return try string()
        case UInt8(ascii: "{"): try object(depth: depth + 1) { _, _ in }
        case UInt8(ascii: "["): try array(depth: depth + 1)
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try number()
        }
        return nil
    }

    /// - Parameter found: is told each member's name, and its value if that is a string.
    private mutating func object(depth: Int, _ found: (String, String?) -> Void) throws(Malformed) {
        try enter(depth)
        if closes("}") { return }
        repeat {
            skipBlanks()
            let name = try string()
            try expect(":")
            found(name, try value(depth: depth))
            skipBlanks()
        } while take(",")
        try expect("}")
    }

    private mutating func array(depth: Int) throws(Malformed) {
        try enter(depth)
        if closes("]") { return }
        repeat {
            _ = try value(depth: depth)
            skipBlanks()
        } while take(",")
        try expect("]")
    }

    /// Past the bracket that opens it.
    private mutating func enter(_ depth: Int) throws(Malformed) {
        guard depth <= Self.deepest else { throw malformed("nested deeper than \(Self.deepest)") }
        at += 1
    }

    private mutating func closes(_ bracket: Unicode.Scalar) -> Bool {
        skipBlanks()
        return take(bracket)
    }

    private mutating func word(_ word: StaticString) throws(Malformed) {
        let end = at + word.utf8CodeUnitCount
        guard end <= bytes.count,
            word.withUTF8Buffer({ $0.elementsEqual(bytes[at..<end]) })
        else { throw malformed("no JSON") }
        at = end
    }

    /// `-1.5e+10`, whose value nobody asks for.
    private mutating func number() throws(Malformed) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws(Malformed) {
        let start = at
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { at += 1 }
        guard at > start else { throw malformed(peek == nil ? "it ends too soon" : "no JSON") }
    }
}

extension JSONObjects {
    private mutating func string() throws(Malformed) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = peek {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw malformed("no JSON: a control character in a string")
            default: text.append(byte)
            }
        }
        throw malformed("it ends too soon")
    }

    private mutating func escape(into text: inout [UInt8]) throws(Malformed) {
        guard let byte = peek else { throw malformed("it ends too soon") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try scalar())).utf8)
        default: throw malformed("no JSON: an escape that is none")
        }
    }

    /// What follows `\u`: one unit of UTF-16, or two of them. Half of a pair becomes U+FFFD.
    private mutating func scalar() throws(Malformed) -> Unicode.Scalar {
        let first = try unit()
        if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
        let before = at
        if UTF16.isLeadSurrogate(first), take("\\"), take("u") {
            let second = try unit()
            if UTF16.isTrailSurrogate(second) {
                return UTF16.decode(UTF16.EncodedScalar([first, second]))
            }
        }
        at = before
        return "\u{fffd}"
    }

    private mutating func unit() throws(Malformed) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed(peek == nil ? "it ends too soon" : "no JSON: \\u takes four digits")
            }
            unit = unit << 4 | UInt16(digit)
            at += 1
        }
        return unit
    }
}
