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
}
