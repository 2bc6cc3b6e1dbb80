// SPDX-License-Identifier: Apache-2.0

extension RawSpan {
    /// The byte at `offset`, which must be inside.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        // The span checks the bounds; any byte is a UInt8.
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The digit at `offset`; `nil` where another character stands.
    @inline(__always)
    func digit(at offset: Int) -> UInt8? {
        let digit = byte(at: offset) &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }

    /// Whether this byte stands at `offset`; not where the span has ended.
    @inline(__always)
    func has(_ character: Unicode.Scalar, at offset: Int) -> Bool {
        offset >= 0 && offset < byteCount && byte(at: offset) == UInt8(ascii: character)
    }

    /// Where the run of bytes that `matches` ends which begins at `offset`.
    @inline(__always)
    func end(from offset: Int, while matches: (UInt8) -> Bool) -> Int {
        var at = offset
        while at < byteCount, matches(byte(at: at)) { at += 1 }
        return at
    }

    /// Where the run of bytes that `matches` begins which ends at `offset`.
    @inline(__always)
    func start(from offset: Int, while matches: (UInt8) -> Bool) -> Int {
        var at = offset
        while at > 0, matches(byte(at: at - 1)) { at -= 1 }
        return at
    }

    /// How many bytes at the beginning are the same in both.
    func commonPrefix(with other: RawSpan) -> Int {
        let end = Swift.min(byteCount, other.byteCount)
        var at = 0
        while at + 8 <= end {
            // Inside both: eight bytes are left from `at`; any bytes are a number.
            let difference =
                unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)
                ^ other.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)
            guard difference == 0 else {
                return at + UInt64(littleEndian: difference).trailingZeroBitCount / 8
            }
            at += 8
        }
        while at < end, byte(at: at) == other.byte(at: at) { at += 1 }
        return at
    }

    func equals(_ text: StaticString) -> Bool {
        withUnsafeBytes {
            $0.equals(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
    }

    func starts(with text: StaticString) -> Bool {
        byteCount >= text.utf8CodeUnitCount && extracting(0..<text.utf8CodeUnitCount).equals(text)
    }

    func ends(with text: StaticString) -> Bool {
        let start = byteCount - text.utf8CodeUnitCount
        return start >= 0 && extracting(start..<byteCount).equals(text)
    }

    /// Where `text`, which is not empty, begins for the first time at `offset` or after it.
    func first(_ text: StaticString, from offset: Int = 0) -> Int? {
        var at = offset
        while at + text.utf8CodeUnitCount <= byteCount {
            if stands(text, at: at) { return at }
            at += 1
        }
        return nil
    }

    /// Where `text`, which is not empty, begins for the last time so that it ends before or at `end`.
    func last(_ text: StaticString, before end: Int) -> Int? {
        var at = end - text.utf8CodeUnitCount
        while at >= 0 {
            if stands(text, at: at) { return at }
            at -= 1
        }
        return nil
    }

    /// Whether `text`, which is not empty and for which there is room, stands at `offset`. Its first byte
    /// decides nearly always.
    @inline(__always)
    private func stands(_ text: StaticString, at offset: Int) -> Bool {
        // The text has a first byte.
        byte(at: offset) == text.utf8Start.pointee
            && extracting(offset..<offset + text.utf8CodeUnitCount).equals(text)
    }
}

extension UInt8 {
    /// Space, tab, newline, vertical tab, form feed, carriage return: `\s` of a regular expression.
    var isSpace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
    var isDigit: Bool { (0x30...0x39).contains(self) }
    /// `\w` of a regular expression.
    var isWord: Bool { isDigit || (0x41...0x5a).contains(self & 0xdf) || self == UInt8(ascii: "_") }
    /// As perf writes addresses: no capital letters.
    var isHex: Bool { isDigit || (0x61...0x66).contains(self) }
}
