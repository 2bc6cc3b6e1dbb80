// SPDX-License-Identifier: Apache-2.0

/// Writing text as bytes, for lines that come at the rate of the ring buffer.
extension [UInt8] {
    package mutating func append(_ text: String) {
        append(contentsOf: text.utf8)
    }

    /// In decimal, with zeros in front up to `minimum` digits.
    @inlinable
    package mutating func append(decimal value: some FixedWidthInteger, minimum: Int = 1) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(digits: UInt64(value.magnitude), minimum: minimum)
    }

    @usableFromInline
    package mutating func append(digits value: UInt64, minimum: Int) {
        var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
        var first = 20
        var rest = value
        repeat {
            first -= 1
            digits[first] += UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        append(addingCapacity: 20) { bytes in
            for index in Swift.min(first, 20 - minimum)..<20 { bytes.append(digits[index]) }
        }
    }

    package mutating func append(_ address: IPAddress) {
        guard address.family == .ipv4 else { return append(address.description) }
        for index in 0..<4 {
            if index > 0 { append(UInt8(ascii: ".")) }
            append(decimal: address.bytes[index])
        }
    }

    /// Rounded to `decimals` digits after the point, without zeros at the end.
    package mutating func append(number value: Double, decimals: Int) {
        let scale = Self.powersOfTen[decimals]
        guard value.magnitude * scale < 1e15 else { return append("\(value)") }
        let scaled = Rounding.nearest(value.magnitude * scale)
        if value < 0, scaled > 0 { append(UInt8(ascii: "-")) }
        let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: UInt64(scale))
        append(decimal: whole)
        guard fraction > 0 else { return }
        append(UInt8(ascii: "."))
        append(decimal: fraction, minimum: decimals)
        while last == UInt8(ascii: "0") { removeLast() }
    }

    private static var powersOfTen: InlineArray<10, Double> {
        [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
    }
}
