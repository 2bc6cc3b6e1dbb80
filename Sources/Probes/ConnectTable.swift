// SPDX-License-Identifier: Apache-2.0
package import BPF
import CPrograms
package import Model

/// The programs' table of totals, as it is at one moment.
package struct ConnectTable {
    package private(set) var connects: [ConnectKey: ConnectStats] = [:]
    /// IP_LOCAL_PORT_RANGE where a socket had it.
    private(set) var ownRanges: [Destination: ClosedRange<UInt16>] = [:]
    /// Where each key's row is, unless it has several.
    private(set) var places: [ConnectKey: UInt64] = [:]
    /// Connects under the key of zeros: their own found no place.
    private(set) var misplaced: UInt64 = 0

    package init(_ map: borrowing BPFMap, sees coverage: ConnectCoverage) throws(BPFError) {
        try map.forEach { placeBytes, row in
            let statsBytes = row.extracting(droppingFirst: MemoryLayout<why_connect_key>.size)
            guard let place = placeBytes.read(UInt64.self), let key = ConnectDecoding.key(row),
                let value = ConnectDecoding.stats(statsBytes, sees: coverage),
                // Nothing was counted yet, or ever will be (find_stats in lib/totals.h).
                value.connects != 0
            else { return }
            if key.isOverflow { misplaced = value.connects }
            // Once a place before a key's own becomes free, the key gets a second row there.
            if connects[key]?.merge(value) == nil {
                connects[key] = value
                places[key] = place
            } else {
                places[key] = nil
            }
            if let destination = key.destination, let own = ConnectDecoding.ownRange(statsBytes) {
                ownRanges[
                    Destination(netns: key.netns, address: destination, port: key.port)] = own
            }
        }
    }
}
