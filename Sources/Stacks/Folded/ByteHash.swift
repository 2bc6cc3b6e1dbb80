// SPDX-License-Identifier: Apache-2.0

/// A fast hash of bytes, the same on every run: 64 bits of a 128-bit product
/// per eight bytes. Not for keys whose author wants collisions; equality is
/// always compared, so that they would cost time, never a wrong result.
enum ByteHash {
    static let start: UInt64 = 0x9e37_79b9_7f4a_7c15
    private static let factor: UInt64 = 0xd6e8_feb8_6659_fd93

    @inline(__always)
    static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let (high, low) = (state ^ word).multipliedFullWidth(by: factor)
        return high ^ low
    }

    @inline(__always)
    static func finish(_ state: UInt64, count: Int) -> UInt64 {
        mix(state, UInt64(truncatingIfNeeded: count))
    }

    @inline(__always)
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        guard bytes.count >= 8 else { return finish(mix(start, short(bytes)), count: bytes.count) }
        var state = start
        var at = 0
        // Inside: eight bytes are left from `at`, and eight end at the end. The last two words may overlap.
        while at &+ 8 < bytes.count {
            state = mix(state, bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at &+= 8
        }
        let last = bytes.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt64.self)
        return finish(mix(state, last), count: bytes.count)
    }

    private static func short(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var word: UInt64 = 0
        for byte in bytes { word = word << 8 | UInt64(byte) }
        return word
    }
}
