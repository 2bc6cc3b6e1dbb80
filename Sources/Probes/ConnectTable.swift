// SPDX-License-Identifier: Apache-2.0
package import BPF
import CPrograms
package import Model

/// The programs' table of totals, as it is at one moment.
package struct ConnectTable {
    package private(set) var connects: [ConnectKey: ConnectStats] = [:]
    /// IP_LOCAL_PORT_RANGE where a socket had it.
    private(set) var ownRanges: [Destination: ClosedRange<UInt16>] = [:]
    /// The keys as the kernel has them.
    private(set) var raw: [ConnectKey: why_connect_key] = [:]

    package init(_ map: borrowing BPFMap, sees coverage: ConnectCoverage) throws(BPFError) {
        try map.forEach { keyBytes, valueBytes in
            guard let rawKey = keyBytes.read(why_connect_key.self),
                let value = ConnectDecoding.stats(valueBytes, sees: coverage)
            else { return }
            let key = ConnectDecoding.key(rawKey)
            if key.isOverflow && value.connects == 0 { return }
            connects[key] = value
            raw[key] = rawKey
            if let destination = key.destination, let own = ConnectDecoding.ownRange(valueBytes) {
                ownRanges[
                    Destination(netns: key.netns, address: destination, port: key.port)] = own
            }
        }
    }
}
