// SPDX-License-Identifier: Apache-2.0

/// A process's name as the kernel keeps it: 15 bytes at most, UTF-8 or not, and a zero.
///
/// Every connect has one and few are ever printed: they stay bytes until then.
public struct CommandName: Sendable, Hashable, BitwiseCopyable {
    public typealias Words = (UInt64, UInt64)

    /// The bytes as two numbers: that is how they are copied, compared and hashed.
    @usableFromInline package let first: UInt64
    @usableFromInline package let second: UInt64

    /// - Parameter bytes: 16 of them. What follows a zero does not count: the end of a longer
    ///   name may be left there.
    @inlinable @inline(__always)
    public init(_ bytes: Words) {
        // Without a branch: names come by the million, and of any length.
        let low = (bytes.0.littleEndian, bytes.1.littleEndian)
        let zeros = (Self.zeros(low.0), Self.zeros(low.1))
        let isFull: UInt64 = zeros.0 == 0 ? .max : 0
        first = (low.0 & Self.upTo(zeros.0)).littleEndian
        second = (low.1 & Self.upTo(zeros.1) & isFull).littleEndian
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

    /// As strlen finds them: the lowest bit that is set belongs to the first zero.
    @inlinable @inline(__always)
    static func zeros(_ bytes: UInt64) -> UInt64 {
        (bytes &- 0x0101_0101_0101_0101) & ~bytes & 0x8080_8080_8080_8080
    }

    /// The bits up to the lowest that is set, or all.
    @inlinable @inline(__always)
    static func upTo(_ zeros: UInt64) -> UInt64 { zeros ^ (zeros &- 1) }
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
