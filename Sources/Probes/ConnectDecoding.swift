// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
package import Model

/// What the programs write, as the model's values. Everything is read by offset
/// from bytes whose length was checked; nothing here traps.
package enum ConnectDecoding {
    static func key(_ bytes: RawSpan) -> ConnectKey? {
        guard let raw = bytes.read(why_connect_key.self) else { return nil }
        return key(raw)
    }

    static func key(_ raw: why_connect_key) -> ConnectKey {
        let family: AddressFamily = raw.family == WHY_IPV6.rawValue ? .ipv6 : .ipv4
        let isBind = raw.kind == WHY_KIND_BIND.rawValue
        let local = IPAddress(raw.local, family)
        return ConnectKey(
            kind: isBind ? .bind : .connect, pid: raw.pid, command: text(raw.comm),
            netns: raw.netns, family: family, source: local.isUnspecified ? nil : local,
            destination: isBind || raw.family == 0 ? nil : IPAddress(raw.remote, family),
            port: raw.port, isOverflow: raw.family == 0)
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

    /// IP_LOCAL_PORT_RANGE of the key's last socket that had one.
    static func ownRange(_ bytes: RawSpan) -> ClosedRange<UInt16>? {
        guard let offset = MemoryLayout<why_connect_stats>.offset(of: \.own_range),
            let both = bytes.read(UInt32.self, at: offset), both != 0
        else { return nil }
        let low = UInt16(truncatingIfNeeded: both)
        let high = UInt16(truncatingIfNeeded: both >> 16)
        return low <= high ? low...high : nil
    }

    package static func event(_ bytes: RawSpan, sees: ConnectCoverage) -> ConnectEvent? {
        guard let raw = bytes.read(why_connect_event.self) else { return nil }
        let key = key(raw.key)
        let source = IPAddress(raw.source, key.family)
        let flags = Int32(raw.flags)
        let tried = raw.method != WHY_METHOD_NONE.rawValue
        let outcome: ConnectEvent.Outcome =
            switch UInt32(raw.outcome) {
            case WHY_OUTCOME_ESTABLISHED.rawValue: .established
            case WHY_OUTCOME_ABANDONED.rawValue: .abandoned
            default: .failed(Int32(raw.error))
            }
        return ConnectEvent(
            time: raw.time_ns, key: key, thread: raw.tid,
            source: source.isUnspecified ? nil : source, sourcePort: raw.source_port,
            outcome: outcome, search: flags & WHY_EVENT_SEARCHED != 0 ? raw.search_ns : nil,
            call: raw.call_ns == 0 ? nil : raw.call_ns, total: raw.total_ns,
            portsTried: tried ? raw.ports_tried : nil, triedMethod: tried ? sees.method : nil,
            isCertain: flags & WHY_EVENT_CERTAIN != 0, wasBound: flags & WHY_EVENT_BOUND != 0,
            reusedTimeWait: flags & WHY_EVENT_REUSED != 0)
    }

    static func text(_ tuple: some BitwiseCopyable) -> String {
        withUnsafeBytes(of: tuple) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
