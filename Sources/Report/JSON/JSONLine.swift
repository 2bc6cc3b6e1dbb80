// SPDX-License-Identifier: Apache-2.0
import Model

/// One JSON object on a line, fields in the order written.
///
/// Scripts look for `{"kind":…` at the start of a line, and events come faster
/// than a general encoder writes: so this one, on a buffer of bytes.
public struct JSONLine: Sendable {
    private var bytes: [UInt8]
    private var needsComma = false

    /// Begins `{"kind":"…"` at the end of `buffer`, which is empty until `end`.
    public init(kind: String, in buffer: inout [UInt8]) {
        bytes = []
        swap(&bytes, &buffer)
        bytes.append(UInt8(ascii: "{"))
        string("kind", kind)
    }

    /// Ends the line and gives the buffer back.
    public mutating func end(in buffer: inout [UInt8]) {
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\n"))
        swap(&bytes, &buffer)
    }

    public mutating func string(_ name: String, _ value: String?) {
        self.name(name)
        guard let value else { return null() }
        quote(value)
    }

    public mutating func integer(_ name: String, _ value: (some FixedWidthInteger)?) {
        self.name(name)
        guard let value else { return null() }
        bytes.append(decimal: value)
    }

    /// Rounded to `decimals` digits after the point; what is not a number is null.
    public mutating func number(_ name: String, _ value: Double?, decimals: Int = 6) {
        self.name(name)
        guard let value, value.isFinite else { return null() }
        bytes.append(number: value, decimals: decimals)
    }

    public mutating func bool(_ name: String, _ value: Bool?) {
        self.name(name)
        guard let value else { return null() }
        bytes.append(value ? "true" : "false")
    }

    /// An array.
    public mutating func integers(_ name: String, _ values: some Sequence<some FixedWidthInteger>) {
        self.name(name)
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for value in values {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            bytes.append(decimal: value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    public mutating func null(_ name: String) {
        self.name(name)
        null()
    }

    public mutating func object(_ name: String, _ fields: (inout JSONLine) -> Void) {
        self.name(name)
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        fields(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// An array.
    public mutating func strings(_ name: String, _ values: (some Sequence<String>)?) {
        self.name(name)
        guard let values else { return null() }
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for value in values {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            quote(value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// An array of objects.
    mutating func objects<Element>(
        _ name: String, _ elements: some Sequence<Element>, _ fields: (inout JSONLine, Element) -> Void
    ) {
        self.name(name)
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for element in elements {
            if needsComma { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "{"))
            needsComma = false
            fields(&self, element)
            bytes.append(UInt8(ascii: "}"))
            needsComma = true
        }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// A string that `write` puts there, of characters that need no escape.
    mutating func plain(_ name: String, _ write: (inout [UInt8]) -> Void) {
        self.name(name)
        bytes.append(UInt8(ascii: "\""))
        write(&bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func null() { bytes.append("null") }

    private mutating func name(_ name: String) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        quote(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.contains(where: Self.needsEscape) {
            escape(text)
        } else {
            bytes.append(text)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Beyond ASCII each character has to be looked at.
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte >= 0x7f || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// A line is shown by terminals, too: what is not shown is written by its number, which is the same
    /// string to whoever reads JSON.
    private mutating func escape(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            case let scalar where Printable.shows(scalar):
                bytes.append(contentsOf: UTF8.encode(scalar) ?? .init())
            default: for unit in UTF16.encode(scalar) ?? .init() { escape(unit) }
            }
        }
    }

    private mutating func escape(_ unit: UInt16) {
        bytes.append("\\u")
        for shift in [12, 8, 4, 0] { bytes.append(Self.hexDigit(UInt8(unit >> shift & 15))) }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension JSONLine {
    /// Bytes of unknown origin: what is not UTF-8 becomes U+FFFD.
    public mutating func string(_ name: String, utf8: some Collection<UInt8>) {
        string(name, String(decoding: utf8, as: UTF8.self))
    }
}
