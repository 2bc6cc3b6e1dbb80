// SPDX-License-Identifier: Apache-2.0
public import BPF
import CPrograms
public import Model

/// Counts the ports held towards destinations, by walking every TCP socket of a
/// network namespace in the kernel (`iter/tcp`).
public final class RangeProbe {
    private let object: LoadedObject
    private let link: Link
    private let ranges: BPFMap
    private let bound: BPFMap
    private let ownRangesInTurn: Bool

    private static let program = "count_range"

    /// - Parameter coverage: of the probe whose destinations these are.
    public init(_ coverage: ConnectCoverage) throws(BPFError) {
        ownRangesInTurn = coverage.ownRangesInTurn
        object = try LoadedObject(
            why_socket_object(), name: "tcpwhy_socket", [], others: [Self.program], configure: { _ in })
        link = try object.bpf.attachIterator(program: Self.program)
        ranges = try object.map(named: "socket_ranges")
        bound = try object.map(named: ".data.bound")
    }

    /// The ranges of destinations in the calling thread's network namespace, as of now: a socket
    /// iterator sees no other.
    /// - Parameter own: IP_LOCAL_PORT_RANGE where sockets to a destination have one.
    public func measureHere(
        _ destinations: some Collection<Destination>, own: [Destination: ClosedRange<UInt16>]
    ) throws -> [PortRange] {
        let settings = try PortSettings()
        var found: [PortRange] = []
        for destination in destinations {
            let range = settings.range(of: own[destination])
            var use = why_range_use()
            use.low = range.lowerBound
            use.high = range.upperBound
            try ranges.update(key(destination), use)
        }
        try bound.update(UInt32(0), bytes: [UInt8](repeating: 0, count: bound.entrySize))
        try link.runIterator()
        let bound = BoundPorts(bits: try bound.lookupBytes(UInt32(0)) ?? [])
        for destination in destinations {
            let key = key(destination)
            let use = try ranges.lookup(key, as: why_range_use.self)
            try ranges.delete(key)
            guard let use else { continue }
            let takesTurns = ownRangesInTurn && own[destination] != nil
            found.append(range(of: destination, use, bound, settings, takesTurns: takesTurns))
        }
        return found
    }

    private func range(
        of destination: Destination, _ use: why_range_use, _ bound: BoundPorts, _ settings: PortSettings,
        takesTurns: Bool
    ) -> PortRange {
        let reserved = settings.reserved(in: use.low...use.high)
        let bound = bound.count(in: use.low...use.high) { !settings.isReserved($0) }
        // Bound ports that are held towards the destination are in use, and count once.
        func elsewhere(_ bound: UInt32, _ here: UInt32) -> UInt32 { bound - min(here, bound) }
        return PortRange(
            destination: destination, low: use.low, high: use.high, reserved: reserved.all,
            inUse: use.other + use.time_wait, timeWait: use.time_wait,
            bound: elsewhere(bound.all, use.bound),
            reusesTimeWait: settings.reusesTimeWait(towards: destination.address), recycled: nil,
            firstHalf: takesTurns
                ? nil
                : PortRange.Half(
                    reserved: reserved.first, inUse: use.first_other + use.first_time_wait,
                    timeWait: use.first_time_wait, bound: elsewhere(bound.first, use.first_bound)))
    }

    private func key(_ destination: Destination) -> why_range_key {
        var key = why_range_key()
        let family = destination.address.family == .ipv4 ? WHY_IPV4 : WHY_IPV6
        key.family = UInt8(family.rawValue)
        key.port = destination.port
        withUnsafeMutableBytes(of: &key.remote) { bytes in
            for index in bytes.indices { bytes[index] = destination.address.bytes[index] }
        }
        return key
    }
}
