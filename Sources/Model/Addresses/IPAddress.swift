// SPDX-License-Identifier: Apache-2.0

public enum AddressFamily: String, Sendable, Hashable {
    case ipv4
    case ipv6
}

/// An IPv4 or IPv6 address, in network order.
public struct IPAddress: Sendable, Hashable {
    public typealias Words = (UInt64, UInt64)

    /// The bytes as two numbers: that is how they are copied, compared and hashed for every connect.
    @usableFromInline package let words: Words
    public let family: AddressFamily

    /// 16 bytes; IPv4 uses the first four, the rest is zero.
    public var bytes: InlineArray<16, UInt8> {
        unsafeBitCast(words, to: InlineArray<16, UInt8>.self)
    }

    @inlinable public init(family: AddressFamily, words: Words) {
        self.words = words
        self.family = family
    }

    public init(family: AddressFamily, bytes: InlineArray<16, UInt8>) {
        self.init(family: family, words: unsafeBitCast(bytes, to: Words.self))
    }

    /// The IPv4 address `a.b.c.d`.
    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        bytes[0] = a
        bytes[1] = b
        bytes[2] = c
        bytes[3] = d
        self.init(family: .ipv4, bytes: bytes)
    }

    @inlinable public var isUnspecified: Bool { words.0 | words.1 == 0 }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        switch family {
        case .ipv4: bytes[0] == 127
        case .ipv6: self == .ipv6Loopback
        }
    }

    /// ::ffff:0:0/96, an IPv4 address in IPv6 clothes.
    public var isIPv4Mapped: Bool {
        guard family == .ipv6, bytes[10] == 0xff, bytes[11] == 0xff else { return false }
        for index in 0..<10 where bytes[index] != 0 { return false }
        return true
    }

    /// A mapped address as the IPv4 address that it means; any other as it is.
    public var unmapped: IPAddress {
        isIPv4Mapped ? IPAddress(bytes[12], bytes[13], bytes[14], bytes[15]) : self
    }

    public static let ipv6Loopback = IPAddress(groups: [0, 0, 0, 0, 0, 0, 0, 1])

    /// An IPv6 address of eight groups.
    init(groups: [UInt16]) {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        for (index, group) in groups.prefix(8).enumerated() {
            bytes[2 * index] = UInt8(group >> 8)
            bytes[2 * index + 1] = UInt8(group & 0xff)
        }
        self.init(family: .ipv6, bytes: bytes)
    }

    public static func == (left: IPAddress, right: IPAddress) -> Bool {
        left.family == right.family && left.words == right.words
    }

    public func hash(into hasher: inout Hasher) {
        // The family is nearly always the same: equality asks for it, the hash need not.
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}

extension IPAddress: Comparable {
    /// IPv4 before IPv6, then by number.
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        guard left.family == right.family else { return left.family == .ipv4 }
        return (left.words.0.bigEndian, left.words.1.bigEndian)
            < (right.words.0.bigEndian, right.words.1.bigEndian)
    }
}
