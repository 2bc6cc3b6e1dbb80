// SPDX-License-Identifier: Apache-2.0
package import BPF
import CPrograms
package import Model

/// What connects came to in one epoch, taken out of the programs' table.
package struct ConnectTable {
    package private(set) var connects: [ConnectKey: ConnectStats] = [:]
    /// IP_LOCAL_PORT_RANGE where a socket had it.
    private(set) var ownRanges: [Destination: ClosedRange<UInt16>] = [:]

    /// - Parameter epoch: in which nobody counts any more.
    package init(
        draining map: borrowing BPFMap, _ epoch: UInt32, sees coverage: ConnectCoverage
    ) throws(BPFError) {
        try map.drain { _, row in
            let statsBytes = row.extracting(droppingFirst: MemoryLayout<why_connect_key>.size)
            guard ConnectDecoding.epoch(statsBytes) == epoch else { return false }
            guard let key = ConnectDecoding.key(row),
                let value = ConnectDecoding.stats(statsBytes, sees: coverage),
                // What nobody found (find_connect_stats in lib/connect_rows.h) has counted nothing.
                value.isActive
            else { return true }
            // A key has a second row if it met one of another key that is no more.
            if connects[key]?.merge(value) == nil { connects[key] = value }
            if let destination = key.destination, let own = ConnectDecoding.ownRange(statsBytes) {
                ownRanges[
                    Destination(netns: key.netns, address: destination, port: key.port)] = own
            }
            return true
        }
    }

    /// What found no place in the table, in that epoch.
    mutating func addOthers(
        draining map: borrowing BPFMap, _ epoch: UInt32, sees coverage: ConnectCoverage
    ) throws(BPFError) {
        guard let bytes = try map.lookupBytes(epoch),
            let value = ConnectDecoding.stats(bytes.span.bytes, sees: coverage), value.isActive
        else { return }
        connects[.others] = value
        try map.update(epoch, why_connect_stats())
    }
}
