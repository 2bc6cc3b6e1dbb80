// SPDX-License-Identifier: Apache-2.0

/// Rounding without the C library's mathematics, and without a trap: what does
/// not fit becomes the nearest number that does, and what is no number 0.
package enum Rounding {
    package static func down(_ value: Double) -> UInt64 {
        guard value > 0 else { return 0 }
        return value < 0x1p63 ? UInt64(value) : 1 << 63
    }

    /// Halves go up.
    package static func nearest(_ value: Double) -> UInt64 {
        let whole = down(value)
        return whole < 1 << 63 && value - Double(whole) >= 0.5 ? whole + 1 : whole
    }
}
