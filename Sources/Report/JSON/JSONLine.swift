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
        var text = text
        text.withUTF8 { utf8 in
            if utf8.contains(where: Self.needsEscape) {
                escape(utf8)
            } else {
                bytes.append(contentsOf: utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ utf8: UnsafeBufferPointer<UInt8>) {
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20, 0x7f:
                bytes.append("\\u00")
                bytes.append(Self.hexDigit(byte >> 4))
                bytes.append(Self.hexDigit(byte & 15))
            default: bytes.append(byte)
            }
        }
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
