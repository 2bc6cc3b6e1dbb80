// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes

/// Looks into network namespaces.
struct NamespaceLooks {
    /// Held open: destinations are connected to again and again.
    private var held: [UInt32: OpenNamespace] = [:]

    /// How full the ranges towards destinations in a namespace are; `nil`: it is gone.
    mutating func measure(
        _ destinations: Set<Destination>, by probe: RangeProbe, own: [Destination: ClosedRange<UInt16>],
        in inode: UInt32, near pid: UInt32?
    ) throws -> RangeProbe.Measurement? {
        guard let namespace = namespace(inode, near: pid) else { return nil }
        return try probe.measure(destinations, in: namespace.value, own: own)
    }

    private mutating func namespace(_ inode: UInt32, near pid: UInt32?) -> OpenNamespace? {
        if let known = held[inode] { return known }
        let pid = pid.map { Int32(bitPattern: $0) }
        guard let found = try? NetworkNamespace.find(inode: inode, near: pid) else { return nil }
        let open = OpenNamespace(found)
        held[inode] = open
        return open
    }
}
