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

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = start
        var at = 0
        while at &+ 8 <= bytes.count {
            // Inside: eight bytes are left from `at`.
            state = mix(state, bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at &+= 8
        }
        var word: UInt64 = 0
        while at < bytes.count {
            word = word << 8 | UInt64(bytes[at])
            at &+= 1
        }
        return finish(mix(state, word), count: bytes.count)
    }
}
