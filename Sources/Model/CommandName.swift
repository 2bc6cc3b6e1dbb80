// SPDX-License-Identifier: Apache-2.0

/// A process's name as the kernel keeps it: 15 bytes at most, UTF-8 or not, and a zero.
///
/// Every connect has one and few are ever printed: they stay bytes until then.
public struct CommandName: Sendable, Hashable, BitwiseCopyable {
    public typealias Words = (UInt64, UInt64)

    /// The bytes as two numbers: that is how they are copied, compared and hashed.
    @usableFromInline let first: UInt64
    @usableFromInline let second: UInt64

    /// - Parameter bytes: 16 of them. What follows a zero does not count: the end of a longer
    ///   name may be left there.
    @inlinable public init(_ bytes: Words) {
        let mask = Self.beforeZero(bytes.0)
        first = bytes.0 & mask
        second = mask == .max ? bytes.1 & Self.beforeZero(bytes.1) : 0
    }

    /// Cut to 15 bytes, as the kernel cuts it.
    public init(_ text: String) {
        var bytes: Words = (0, 0)
        withUnsafeMutableBytes(of: &bytes) { bytes in
            for (index, byte) in text.utf8.prefix(bytes.count - 1).enumerated() { bytes[index] = byte }
        }
        self.init(bytes)
    }

    /// What is not UTF-8 becomes U+FFFD.
    public var text: String {
        withUnsafeBytes(of: self) { bytes in
            let length = bytes.firstIndex(of: 0) ?? bytes.count
            // Typed: String reads it where it is.
            return String(decoding: bytes.bindMemory(to: UInt8.self).prefix(length), as: UTF8.self)
        }
    }

    /// All bits of the bytes before the first zero.
    @inlinable static func beforeZero(_ word: UInt64) -> UInt64 {
        let bytes = word.littleEndian
        // As strlen finds it: the lowest bit that is set belongs to the first zero.
        let zeros = (bytes &- 0x0101_0101_0101_0101) & ~bytes & 0x8080_8080_8080_8080
        return (~(UInt64.max << (zeros.trailingZeroBitCount & ~7))).littleEndian
    }
}

extension CommandName: Comparable {
    /// By bytes.
    public static func < (left: CommandName, right: CommandName) -> Bool {
        (left.first.bigEndian, left.second.bigEndian) < (right.first.bigEndian, right.second.bigEndian)
    }
}

extension CommandName: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        self.init(text)
    }
}
