// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
package import Model

/// What the programs write, as the model's values. Everything is read by offset
/// from bytes whose length was checked; nothing here traps.
package enum ConnectDecoding {
    static func key(_ bytes: RawSpan) -> ConnectKey? {
        bytes.read(why_connect_key.self).map(key)
    }

    static func key(_ raw: why_connect_key) -> ConnectKey {
        withUnsafePointer(to: raw) { key($0) }
    }

    /// In place: C's structs are large tuples, and copying them takes longer than reading them.
    @inline(__always)
    private static func key(_ raw: UnsafePointer<why_connect_key>) -> ConnectKey {
        let family: AddressFamily = raw.pointee.family == WHY_IPV6.rawValue ? .ipv6 : .ipv4
        let isBind = raw.pointee.kind == WHY_KIND_BIND.rawValue
        let isOverflow = raw.pointee.family == 0
        let local = raw.address(\.local, family)
        return ConnectKey(
            kind: isBind ? .bind : .connect, pid: raw.pointee.pid, command: raw.name(\.comm),
            netns: raw.pointee.netns, family: family, source: local.isUnspecified ? nil : local,
            destination: isBind || isOverflow ? nil : raw.address(\.remote, family),
            port: raw.pointee.port, isOverflow: isOverflow)
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

    /// Hands the record's event to `body`, if it is one. An event is large: returned, it would
    /// be copied from place to place, which takes longer than making it.
    ///
    /// - Parameter method: how ports tried are found out.
    package static func withEvent(
        _ bytes: RawSpan, _ method: PortMethod?, _ body: (ConnectEvent) -> Void
    ) {
        guard bytes.byteCount >= MemoryLayout<why_connect_event>.size else { return }
        bytes.withUnsafeBytes { bytes in
            // Records of a ring buffer are aligned; what is not is copied first.
            guard let start = bytes.baseAddress,
                UInt(bitPattern: start) % UInt(MemoryLayout<why_connect_event>.alignment) == 0
            else {
                return withUnsafePointer(to: bytes.loadUnaligned(as: why_connect_event.self)) {
                    body(event($0, method))
                }
            }
            body(event(start.assumingMemoryBound(to: why_connect_event.self), method))
        }
    }

    private static func event(
        _ raw: UnsafePointer<why_connect_event>, _ method: PortMethod?
    ) -> ConnectEvent {
        let key = key(raw.pointer(to: \.key)!)
        let source = raw.address(\.source, key.family)
        let flags = Int32(raw.pointee.flags)
        let tried = raw.pointee.method != WHY_METHOD_NONE.rawValue
        let outcome: ConnectEvent.Outcome =
            switch UInt32(raw.pointee.outcome) {
            case WHY_OUTCOME_ESTABLISHED.rawValue: .established
            case WHY_OUTCOME_ABANDONED.rawValue: .abandoned
            default: .failed(Int32(raw.pointee.error))
            }
        return ConnectEvent(
            time: raw.pointee.time_ns, key: key, thread: raw.pointee.tid,
            source: source.isUnspecified ? nil : source, sourcePort: raw.pointee.source_port,
            outcome: outcome, search: flags & WHY_EVENT_SEARCHED != 0 ? raw.pointee.search_ns : nil,
            call: raw.pointee.call_ns == 0 ? nil : raw.pointee.call_ns, total: raw.pointee.total_ns,
            portsTried: tried ? raw.pointee.ports_tried : nil, triedMethod: tried ? method : nil,
            isCertain: flags & WHY_EVENT_CERTAIN != 0, wasBound: flags & WHY_EVENT_BOUND != 0,
            reusedTimeWait: flags & WHY_EVENT_REUSED != 0)
    }
}

/// Fields of 16 bytes, read as words: as the tuples that C's arrays are in Swift, they would be
/// read byte by byte.
extension UnsafePointer {
    @inline(__always)
    fileprivate func name(_ field: KeyPath<Pointee, RawName>) -> CommandName {
        CommandName(UnsafeRawPointer(pointer(to: field)!).loadUnaligned(as: CommandName.Words.self))
    }

    @inline(__always)
    fileprivate func address(_ field: KeyPath<Pointee, RawAddress>, _ family: AddressFamily) -> IPAddress {
        IPAddress(
            family: family,
            words: UnsafeRawPointer(pointer(to: field)!).loadUnaligned(as: IPAddress.Words.self))
    }
}
