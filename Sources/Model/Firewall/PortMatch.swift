// SPDX-License-Identifier: Apache-2.0

/// Which ports a firewall's rule is about.
public struct PortMatch: Sendable, Hashable {
    /// None overlaps another; in order.
    public var ranges: [ClosedRange<UInt16>]

    public init(_ ranges: [ClosedRange<UInt16>]) {
        self.ranges = ranges
    }

    public static let any = PortMatch([0...UInt16.max])

    /// All but these.
    public static func outside(_ range: ClosedRange<UInt16>) -> PortMatch {
        var ranges: [ClosedRange<UInt16>] = []
        if range.lowerBound > 0 { ranges.append(0...range.lowerBound - 1) }
        if range.upperBound < UInt16.max { ranges.append(range.upperBound + 1...UInt16.max) }
        return PortMatch(ranges)
    }

    public func contains(_ port: UInt16) -> Bool { ranges.contains { $0.contains(port) } }

    /// What both are about: conditions of one rule must all hold.
    public func and(_ other: PortMatch) -> PortMatch {
        PortMatch(
            ranges.flatMap { one in other.ranges.filter(one.overlaps).map(one.clamped) })
    }
}
