// SPDX-License-Identifier: Apache-2.0

/// One address, or all addresses that share its first `prefixLength` bits (CIDR).
public struct AddressBlock: Sendable, Hashable {
    /// First address of the block: every bit after the prefix is 0.
    public let network: IPAddress
    /// 0…32 for IPv4, 0…128 for IPv6.
    public let prefixLength: Int

    /// Bits of `address` after the prefix are ignored. `nil` if the prefix is
    /// longer than the address.
    public init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.family.bits).contains(prefixLength) else { return nil }
        var bytes = address.bytes
        let mask = Self.mask(prefixLength)
        for index in bytes.indices { bytes[index] &= mask[index] }
        network = IPAddress(family: address.family, bytes: bytes)
        self.prefixLength = prefixLength
    }

    public init(_ address: IPAddress) {
        network = address
        prefixLength = address.family.bits
    }

    /// Reads "192.0.2.1", "10.0.0.0/8", "::1" or "2001:db8::/32".
    public init(parsing text: String) throws(AddressError) {
        do throws(IPAddress.Malformed) {
            self = try Self.parse(text)
        } catch {
            throw AddressError(text: text, reason: error.reason)
        }
    }

    private static func parse(_ text: String) throws(IPAddress.Malformed) -> AddressBlock {
        let utf8 = text.utf8[...]
        guard let slash = utf8.firstIndex(of: UInt8(ascii: "/")) else {
            return AddressBlock(try IPAddress.parse(utf8).unmapped)
        }
        let address = try IPAddress.parse(utf8[..<slash])
        let digits = utf8[utf8.index(after: slash)...]
        let isNumber = (1...3).contains(digits.count) && digits.allSatisfy { (0x30...0x39).contains($0) }
        guard isNumber, let length = Int(Substring(digits)), length <= address.family.bits else {
            throw IPAddress.Malformed("after '/' comes a number from 0 to \(address.family.bits)")
        }
        if address.isIPv4Mapped {
            guard let block = AddressBlock(address.unmapped, prefixLength: length - 96) else {
                throw IPAddress.Malformed("an IPv4-mapped block has a prefix from 96 on")
            }
            return block
        }
        guard let block = AddressBlock(address, prefixLength: length) else {
            throw IPAddress.Malformed("the prefix is too long")
        }
        return block
    }

    public func contains(_ address: IPAddress) -> Bool {
        guard address.family == network.family else { return false }
        let mask = mask
        for index in mask.indices where address.bytes[index] & mask[index] != network.bytes[index] {
            return false
        }
        return true
    }

    /// As many ones as the prefix has bits, then zeros; in network order.
    public var mask: InlineArray<16, UInt8> { Self.mask(prefixLength) }

    private static func mask(_ length: Int) -> InlineArray<16, UInt8> {
        InlineArray { index in
            let bits = min(max(length - 8 * index, 0), 8)
            return bits == 0 ? 0 : UInt8.max << UInt8(8 - bits)
        }
    }
}

extension AddressBlock: CustomStringConvertible {
    /// Without the prefix if it is a single address.
    public var description: String {
        prefixLength == network.family.bits ? "\(network)" : "\(network)/\(prefixLength)"
    }
}

extension AddressFamily {
    /// Bits of an address.
    public var bits: Int {
        switch self {
        case .ipv4: 32
        case .ipv6: 128
        }
    }
}
