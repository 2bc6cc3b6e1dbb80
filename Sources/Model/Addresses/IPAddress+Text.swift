// SPDX-License-Identifier: Apache-2.0

/// IPv4 as a dotted quad, IPv6 as RFC 5952 recommends.
extension IPAddress: CustomStringConvertible {
    public var description: String {
        switch family {
        case .ipv4: quad(from: 0)
        case .ipv6 where isIPv4Mapped: "::ffff:" + quad(from: 12)
        case .ipv6: compressedGroups
        }
    }

    private func quad(from start: Int) -> String {
        "\(bytes[start]).\(bytes[start + 1]).\(bytes[start + 2]).\(bytes[start + 3])"
    }

    private var compressedGroups: String {
        let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        let gap = Self.longestRunOfZeros(in: groups)
        func text(_ range: Range<Int>) -> String {
            range.map { String(groups[$0], radix: 16) }.joined(separator: ":")
        }
        guard let gap else { return text(0..<8) }
        return text(0..<gap.lowerBound) + "::" + text(gap.upperBound..<8)
    }

    /// The first of the longest runs of two or more zero groups (RFC 5952, 4.2).
    private static func longestRunOfZeros(in groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        for index in 0...groups.count {
            if index < groups.count, groups[index] == 0 { continue }
            if index - start >= 2, index - start > best?.count ?? 0 { best = start..<index }
            start = index + 1
        }
        return best
    }
}

/// An address and a port as people write them.
package enum EndpointText {
    /// "127.0.0.1:9000", "[::1]:80"
    package static func of(_ address: IPAddress, _ port: UInt16) -> String {
        address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
