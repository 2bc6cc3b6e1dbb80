// SPDX-License-Identifier: Apache-2.0

public enum AddressFamily: String, Sendable, Hashable {
    case ipv4
    case ipv6
}

/// An IPv4 or IPv6 address, in network order.
public struct IPAddress: Sendable, Hashable {
    public let family: AddressFamily
    /// 16 bytes; IPv4 uses the first four, the rest is zero.
    public let bytes: InlineArray<16, UInt8>

    public init(family: AddressFamily, bytes: InlineArray<16, UInt8>) {
        self.family = family
        self.bytes = bytes
    }

    public var isUnspecified: Bool {
        for index in bytes.indices where bytes[index] != 0 { return false }
        return true
    }

    public static func == (left: IPAddress, right: IPAddress) -> Bool {
        guard left.family == right.family else { return false }
        for index in left.bytes.indices where left.bytes[index] != right.bytes[index] {
            return false
        }
        return true
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(family)
        for index in bytes.indices { hasher.combine(bytes[index]) }
    }
}
