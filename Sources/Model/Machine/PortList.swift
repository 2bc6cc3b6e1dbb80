// SPDX-License-Identifier: Apache-2.0

/// Ports as `net.ipv4.ip_local_reserved_ports` lists them.
public struct PortList: Sendable, Hashable {
    /// As they are listed: in order, none overlaps another.
    public var ranges: [ClosedRange<UInt16>]

    public init(_ ranges: [ClosedRange<UInt16>]) {
        self.ranges = ranges
    }

    /// - Parameter text: "8080,9148-9150", and "" for none. `nil`: it is no such list.
    public init?(parsing text: String) {
        ranges = []
        let list = text.last == "\n" ? text.dropLast() : text[...]
        for part in list.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
            guard let low = ends.first ?? nil, let high = ends.last ?? nil, ends.count <= 2, low <= high
            else {
                return nil
            }
            ranges.append(low...high)
        }
    }

    /// How many of them are in a range.
    public func count(in range: ClosedRange<UInt16>) -> Int {
        ranges.filter { $0.overlaps(range) }.reduce(0) { $0 + $1.clamped(to: range).count }
    }
}
