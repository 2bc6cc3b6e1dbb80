// SPDX-License-Identifier: Apache-2.0
import Model

/// Text of an XML document in a buffer that is used again and again.
///
/// A picture is made of a million small pieces: each goes right into the buffer, with no more than a look
/// at the room that is left.
struct XMLBytes: ~Copyable {
    /// So much is worth writing out.
    private static let piece = 1 << 16

    private var start = UnsafeMutableRawPointer.allocate(byteCount: 2 * piece, alignment: 16)
    /// For how much there is room.
    private var capacity = 2 * piece
    /// How much of it is text.
    private(set) var count = 0

    deinit { start.deallocate() }

    /// The text.
    func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
        // Inside: everything up to `count` was put there.
        try body(UnsafeRawBufferPointer(start: start, count: count).bytes)
    }

    /// Hands the text out and begins anew.
    mutating func flush(to sink: (RawSpan) throws -> Void) rethrows {
        try withBytes(sink)
        count = 0
    }

    /// The same, once there is enough of it.
    mutating func flushIfLong(to sink: (RawSpan) throws -> Void) rethrows {
        if count >= Self.piece { try flush(to: sink) }
    }

    /// As it is: markup, and text that is known to be none.
    mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    /// The same, for what stands in every frame: the compiler knows its length.
    @inline(__always)
    mutating func put(markup text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(_ text: [UInt8]) { text.withUnsafeBytes { put($0) } }

    mutating func put(_ text: RawSpan) { text.withUnsafeBytes { put($0) } }

    @inline(__always)
    private mutating func put(_ text: UnsafeRawBufferPointer) {
        guard let start = text.baseAddress else { return }
        rest(text.count).copyMemory(from: start, byteCount: text.count)
        count &+= text.count
    }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        rest(1).storeBytes(of: byte, as: UInt8.self)
        count &+= 1
    }

    /// Behind the text, with room for at least so many bytes.
    @inline(__always)
    private mutating func rest(_ size: Int) -> UnsafeMutableRawPointer {
        if capacity &- count < size { grow(by: size) }
        return start + count
    }

    @inline(never)
    private mutating func grow(by size: Int) {
        capacity = max(2 * capacity, count + size)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: start, byteCount: count)
        start.deallocate()
        start = larger
    }
}

/// Numbers.
extension XMLBytes {
    mutating func put(_ number: Int) {
        if number < 0 { put(UInt8(ascii: "-")) }
        put(UInt64(number.magnitude), grouped: false)
    }

    /// Two places after the point, without zeros at the end.
    mutating func put(hundredths number: Int) {
        put(number / 100)
        let places = UInt32(truncatingIfNeeded: max(number % 100, 0))
        guard places > 0 else { return }
        put(UInt8(ascii: "."))
        put(digit: places / 10)
        if places % 10 > 0 { put(digit: places % 10) }
    }

    /// A count; `grouped` for people: 1,234,567.
    mutating func put(_ number: StackCount, grouped: Bool) {
        put(number.whole, grouped: grouped)
        guard number.billionths > 0 else { return }
        put(UInt8(ascii: "."))
        var (rest, unit) = (number.billionths, UInt32(100_000_000))
        while rest > 0 {
            put(digit: rest / unit)
            rest %= unit
            unit /= 10
        }
    }

    /// `part` of `whole` as 12.34%.
    mutating func put(percent part: Double, of whole: Double) {
        let share = whole > 0 ? part / whole : 0
        let number = UInt64(min(max(share * 10_000, 0), 1e15) + 0.5)
        put(number / 100, grouped: false)
        put(UInt8(ascii: "."))
        let places = UInt32(truncatingIfNeeded: number % 100)
        put(digit: places / 10)
        put(digit: places % 10)
        put(UInt8(ascii: "%"))
    }

    private mutating func put(_ number: UInt64, grouped: Bool) {
        let last = UInt32(truncatingIfNeeded: number % 1000)
        if number >= 1000 {
            put(number / 1000, grouped: grouped)
            if grouped { put(UInt8(ascii: ",")) }
        }
        if number >= 100 { put(digit: last / 100) }
        if number >= 10 { put(digit: last / 10 % 10) }
        put(digit: last % 10)
    }

    /// - Parameter number: below 10.
    @inline(__always)
    private mutating func put(digit number: UInt32) {
        put(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number))
    }
}

extension [UInt8] {
    /// All of a text.
    init(_ text: borrowing XMLBytes) {
        self = text.withBytes { $0.withUnsafeBytes { Array($0) } }
    }
}

/// Text of unknown origin. Its markup is escaped; what XML does not allow, nobody sees or turns the text
/// around (bytes that are not UTF-8, control characters, marks of direction) becomes U+FFFD.
extension XMLBytes {
    mutating func put(escaped text: RawSpan) {
        text.withUnsafeBytes { text in
            if text.allSatisfy(Self.isPlain) {
                put(text)
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
        case "&": put(markup: "&amp;")
        case "<": put(markup: "&lt;")
        case ">": put(markup: "&gt;")
        case "\"": put(markup: "&quot;")
        default:
            let shown = Printable.shows(scalar) ? scalar : Printable.replacement
            for byte in UTF8.encode(shown).unsafelyUnwrapped { put(byte) }
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""): false
        case 0x20..<0x7f: true
        default: false
        }
    }
}
