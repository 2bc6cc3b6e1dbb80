// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Model

/// What the programs write, as the model's values. Everything is read by offset
/// from bytes whose length was checked; nothing here traps.
@usableFromInline
package enum ConnectDecoding {
    static func key(_ bytes: RawSpan) -> ConnectKey? {
        bytes.withUnsafeBytes { Fields<why_connect_key>($0).map { key($0) } }
    }

    static func key(_ raw: why_connect_key) -> ConnectKey {
        withUnsafePointer(to: raw) { key(Fields<why_connect_key>(start: $0)) }
    }

    /// - Parameter sees: what this backend measures; the rest becomes `nil`.
    static func stats(_ bytes: RawSpan, sees: ConnectCoverage) -> ConnectStats? {
        guard let raw = bytes.read(why_connect_stats.self) else { return nil }
        var stats = ConnectStats()
        stats.connects = raw.connects
        forEachNonzero(raw.failed) { number, count in stats.failed[Int32(number)] = UInt64(count) }
        stats.abandoned = raw.abandoned
        stats.bound = raw.bound
        stats.reused = sees.reuse ? raw.reused : nil
        stats.untimed = raw.untimed
        stats.unknown = raw.unknown
        stats.withoutPort = raw.no_port
        stats.tupleTaken = raw.tuple_taken
        stats.unsent = raw.unsent
        stats.search = Distribution(
            raw.searches, raw.search_ns_sum, raw.search_ns_max, raw.search_ns_hist)
        if !sees.successfulSearch && raw.searches == 0 { stats.search = nil }
        stats.call = Distribution(raw.calls, raw.call_ns_sum, raw.call_ns_max, raw.call_ns_hist)
        if let method = sees.method {
            stats.tried = Distribution(raw.tried, raw.tried_sum, raw.tried_max, raw.tried_hist)
            stats.triedMethod = method
            stats.certain = raw.certain
            stats.checks = raw.checks
        }
        return stats
    }

    private static func forEachNonzero(
        _ counters: some BitwiseCopyable, _ body: (Int, UInt32) -> Void
    ) {
        withUnsafeBytes(of: counters) { bytes in
            for (index, count) in bytes.bindMemory(to: UInt32.self).enumerated() where count != 0 {
                body(index, count)
            }
        }
    }

    static func epoch(_ bytes: RawSpan) -> UInt32? {
        MemoryLayout<why_connect_stats>.offset(of: \.epoch).flatMap { bytes.read(UInt32.self, at: $0) }
    }

    /// IP_LOCAL_PORT_RANGE of the key's last socket that had one.
    static func ownRange(_ bytes: RawSpan) -> ClosedRange<UInt16>? {
        guard let offset = MemoryLayout<why_connect_stats>.offset(of: \.own_range),
            let both = bytes.read(UInt32.self, at: offset), both != 0
        else { return nil }
        let low = UInt16(truncatingIfNeeded: both)
        let high = UInt16(truncatingIfNeeded: both >> 16)
        return low <= high ? low...high : nil
    }
}
