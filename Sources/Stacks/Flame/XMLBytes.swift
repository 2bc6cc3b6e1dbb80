// SPDX-License-Identifier: Apache-2.0

/// Text of an XML document in a buffer that is used again and again.
struct XMLBytes {
    private(set) var bytes: [UInt8] = []

    /// Empties it, and keeps the room.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// As it is: markup, and text that is known to be none.
    mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func put(_ text: [UInt8]) { bytes.append(contentsOf: text) }

    mutating func put(_ text: RawSpan) { text.withUnsafeBytes { bytes.append(contentsOf: $0) } }

    mutating func put(_ number: Int) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        put(UInt64(number.magnitude), grouped: false)
    }

    /// Two places after the point, without zeros at the end.
    mutating func put(hundredths number: Int) {
        put(number / 100)
        let rest = number % 100
        guard rest > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(ascii: "0") + UInt8(rest / 10))
        if rest % 10 > 0 { bytes.append(UInt8(ascii: "0") + UInt8(rest % 10)) }
    }

    /// A count; `grouped` for people: 1,234,567.
    mutating func put(_ count: StackCount, grouped: Bool) {
        put(count.whole, grouped: grouped)
        guard count.billionths > 0 else { return }
        var digits = 1_000_000_000 + UInt64(count.billionths)
        while digits % 10 == 0 { digits /= 10 }
        let start = bytes.count
        put(digits, grouped: false)
        // The one in front kept the zeros behind the point.
        bytes[start] = UInt8(ascii: ".")
    }

    /// `part` of `whole` as 12.34%.
    mutating func put(percent part: Double, of whole: Double) {
        let share = whole > 0 ? part / whole : 0
        let number = UInt64(min(max(share * 10_000, 0), 1e15) + 0.5)
        put(number / 100, grouped: false)
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(ascii: "0") + UInt8(number % 100 / 10))
        bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
        bytes.append(UInt8(ascii: "%"))
    }

    /// Text of unknown origin. Its markup is escaped; what XML does not allow or nobody sees (bytes that
    /// are not UTF-8, control characters) becomes U+FFFD.
    mutating func put(escaped text: RawSpan) {
        text.withUnsafeBytes { text in
            if text.allSatisfy(Self.isPlain) {
                bytes.append(contentsOf: text)
            } else {
                for scalar in String(decoding: text, as: UTF8.self).unicodeScalars { put(escaped: scalar) }
            }
        }
    }

    mutating func put(escaped text: String) {
        var text = text
        text.withUTF8 { put(escaped: $0.span.bytes) }
    }

    mutating func put(escaped scalar: Unicode.Scalar) {
        switch scalar {
        case "&": put("&amp;")
        case "<": put("&lt;")
        case ">": put("&gt;")
        case "\"": put("&quot;")
        case "\0"..<" ", "\u{7f}"..."\u{9f}", "\u{fffe}", "\u{ffff}": put("\u{fffd}")
        default: bytes.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""): false
        case 0x20..<0x7f: true
        default: false
        }
    }

    private mutating func put(_ number: UInt64, grouped: Bool) {
        // 20 digits and the commas between them.
        withUnsafeTemporaryAllocation(byteCount: 26, alignment: 1) { room in
            var start = room.count
            var count = 0
            var rest = number
            repeat {
                if grouped, count > 0, count % 3 == 0 {
                    start -= 1
                    room[start] = UInt8(ascii: ",")
                }
                start -= 1
                room[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
                count += 1
            } while rest > 0
            // All from `start` on was written.
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: room[start...]))
        }
    }
}
