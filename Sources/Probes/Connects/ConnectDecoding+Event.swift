// SPDX-License-Identifier: Apache-2.0
public import CPrograms
public import Model

/// Decoding of what comes by the million. It is inlinable, so that it becomes part of the loop
/// over the ring buffer.
extension ConnectDecoding {
    /// The record's event, or `nil` if it is none.
    ///
    /// - Parameter method: how ports tried are found out.
    @inlinable @inline(__always)
    package static func event(_ bytes: RawSpan, _ method: PortMethod?) -> ConnectEvent? {
        bytes.withUnsafeBytes { bytes in
            guard let raw = Fields<why_connect_event>(bytes) else { return nil }
            return event(raw, method)
        }
    }

    /// What may turn out to be of no meaning is read all the same: without branches between
    /// loads and stores, few values wait for their place. An `error` is not 0 only in what failed.
    @inlinable @inline(__always)
    static func event(_ raw: Fields<why_connect_event>, _ method: PortMethod?) -> ConnectEvent {
        let key = key(raw.fields(\.key))
        let source = raw.address(\.source, key.family)
        let flags = Int32(raw[\.flags])
        let (search, call, tried) = (raw[\.search_ns], raw[\.call_ns], raw[\.ports_tried])
        let hasTried = raw[\.method] != WHY_METHOD_NONE.rawValue
        let error = Int32(raw[\.error])
        let isAbandoned = raw[\.outcome] == WHY_OUTCOME_ABANDONED.rawValue
        let outcome: ConnectEvent.Outcome =
            if error != 0 { .failed(error) } else if isAbandoned { .abandoned } else { .established }
        return ConnectEvent(
            time: raw[\.time_ns], key: key, thread: raw[\.tid],
            source: source.isUnspecified ? nil : source, sourcePort: raw[\.source_port],
            outcome: outcome, search: flags & WHY_EVENT_SEARCHED != 0 ? search : nil,
            call: call == 0 ? nil : call, total: raw[\.total_ns],
            portsTried: hasTried ? tried : nil, triedMethod: hasTried ? method : nil,
            isCertain: flags & WHY_EVENT_CERTAIN != 0, wasBound: flags & WHY_EVENT_BOUND != 0,
            reusedTimeWait: flags & WHY_EVENT_REUSED != 0)
    }

    @inlinable @inline(__always)
    static func key(_ raw: Fields<why_connect_key>) -> ConnectKey {
        let family: AddressFamily = raw[\.family] == WHY_IPV6.rawValue ? .ipv6 : .ipv4
        let isBind = raw[\.kind] == WHY_KIND_BIND.rawValue
        let local = raw.address(\.local, family)
        let remote = raw.address(\.remote, family)
        return ConnectKey(
            kind: isBind ? .bind : .connect, pid: raw[\.pid], command: raw.name(\.comm),
            netns: raw[\.netns], family: family, source: local.isUnspecified ? nil : local,
            destination: isBind ? nil : remote, port: raw[\.port])
    }
}
