// SPDX-License-Identifier: Apache-2.0
public import BPF
import CPrograms
import Host
public import Model

/// Which dropped packets to count, and how.
public struct PacketOptions: Sendable {
    /// Inode of the only network namespace; `nil`: all.
    public var netns: UInt32?
    /// The only reasons, by number; empty: all.
    public var reasons: Set<UInt32> = []
    /// Only packets whose socket was made in this cgroup or below it, by the `id`.
    public var cgroup: UInt64?
    /// Keep the kernel's stacks.
    public var stacks = false
    /// Tell what SYNs asked for that found no socket.
    public var refused = false

    public init() {}
}

/// Packets that the kernel drops, by reason, place, protocol and port.
public final class PacketProbe {
    private let object: LoadedObject
    private var reasons: DropReasons
    private var places = PacketPlaces()
    private var stacks = StackTables()
    private var packetTotals = Ledger<PacketDrop, UInt64>()
    private var stackTotals = Ledger<DropStack, UInt64>()
    private var refusedTotals = Ledger<RefusedPlace, UInt64>()
    private let keepsStacks: Bool
    private let tellsRefused: Bool

    /// Frames of a stack that are taken down, unless `kernel.perf_event_max_stack` is less.
    public static let mostFrames = Int(WHY_STACK_DEPTH)
    /// Frames of a stack that are taken down at most.
    public let stackDepth = StackDepth.allowed(mostFrames)
    /// Whether the kernel gives reasons.
    public var hasReasons: Bool { reasons.exist }

    static let tracepoint = "kfree_skb"
    static let program = ProgramSpec(name: "btf_dropped", hook: .btfTracepoint(tracepoint))

    /// - Parameter listeners: whose losses are not to be told twice.
    public init(_ options: PacketOptions, beside listeners: ListenerProbe) throws(BPFError) {
        keepsStacks = options.stacks
        let btf = try BTF.vmlinux()
        if let refusal = Trial.btfTracepoint(Self.tracepoint, btf: btf) { throw refusal }
        reasons = DropReasons(btf)
        tellsRefused = options.refused && reasons.noSocket != 0
        let config = Self.config(options, reasons, listeners, btf)
        let depth = options.stacks ? stackDepth : nil
        object = try LoadedObject(why_drop_object(), name: "tcpwhy_drop", [Self.program]) {
            (object) throws(BPFError) in
            try object.setReadOnly(config, map: ".rodata.config")
            try object.setReadOnly(options.cgroup ?? 0, map: ".rodata.cgroup")
            try StackTables.prepare(object, depth: depth)
            // Each kind of packet comes by several ways.
            if options.stacks { try object.setMaxEntries(map: "packet_rows", 32768) }
            try listeners.shareLost(with: object)
        } fill: { (object) throws(BPFError) in
            let wanted = try object.map(named: "packet_reasons")
            for reason in options.reasons { try wanted.update(reason, UInt8(1)) }
        }
    }

    private static func config(
        _ options: PacketOptions, _ reasons: DropReasons, _ listeners: ListenerProbe, _ btf: borrowing BTF
    ) -> why_packet_config {
        var config = why_packet_config()
        config.netns = options.netns ?? 0
        config.refused_reason = options.refused ? reasons.noSocket : 0
        config.filter_reason = options.reasons.isEmpty ? 0 : 1
        config.has_reason = reasons.exist ? 1 : 0
        // Its own data, packet, location, reason, and since c53795d48ee8 (6.11) the receiver.
        config.has_receiver = btf.argumentCount("__traceiter_\(tracepoint)") ?? 0 >= 5 ? 1 : 0
        config.has_listeners = listeners.backend == .tracepoint ? 0 : 1
        config.stacks = options.stacks ? 1 : 0
        return config
    }

    /// What was counted since the trace began.
    public struct Reading: Sendable {
        public var packets: [PacketDrop: UInt64] = [:]
        /// The same, divided by stack; `nil`: none were asked for.
        public var stacks: [DropStack: UInt64]?
        /// What of both has left, being idle.
        public var ended: [PacketDrop: UInt64] = [:]
        public var endedStacks: [DropStack: UInt64]?
        /// SYNs that found no socket; `nil`: this kernel does not tell them.
        public var refused: [RefusedPlace: UInt64]?
        public var endedRefused: [RefusedPlace: UInt64] = [:]
    }

    /// From here on what is dropped is for the `read` after the next.
    public func turn() throws(BPFError) {
        try object.turn()
    }

    public func read() throws(BPFError) -> Reading {
        var packets: [PacketDrop: UInt64] = [:]
        var stacks: [DropStack: UInt64] = [:]
        for row in try rows() {
            let packet = PacketDecoding.packet(row.key, reasons.name(row.key.reason), places)
            packets[packet, default: 0] += row.count
            guard keepsStacks else { continue }
            let frames = trimmed(row).reversed().map(places.text)
            stacks[DropStack(packet: packet, frames: frames), default: 0] += row.count
        }
        packetTotals.add(packets)
        stackTotals.add(stacks)
        var reading = Reading(
            packets: packetTotals.rows, stacks: keepsStacks ? stackTotals.rows : nil,
            ended: packetTotals.ended, endedStacks: keepsStacks ? stackTotals.ended : nil)
        if tellsRefused {
            refusedTotals.add(try refused())
            (reading.refused, reading.endedRefused) = (refusedTotals.rows, refusedTotals.ended)
        }
        return reading
    }

    /// Those of the epoch that `counts` closed.
    private func refused() throws(BPFError) -> [RefusedPlace: UInt64] {
        let epoch = object.closedTurn & 1
        var refused: [RefusedPlace: UInt64] = [:]
        try object.map(named: "packet_refused").drain { keyBytes, valueBytes in
            guard let key = keyBytes.read(why_refused_key.self), UInt32(key.epoch) == epoch else {
                return false
            }
            if let count = valueBytes.read(UInt64.self) {
                refused[PacketDecoding.place(key), default: 0] &+= count
            }
            return true
        }
        return refused
    }

    /// Packets lost since the last call by the way that they came; those of unclear end are
    /// counted apart. This or `read`.
    public func ways() throws(BPFError) -> (lost: [DropWay: UInt64], unclear: UInt64) {
        var lost: [DropWay: UInt64] = [:]
        var unclear: UInt64 = 0
        for row in try rows() {
            let reason = reasons.name(row.key.reason)
            if PacketDecoding.packet(row.key, reason, places).kind == .unclear {
                unclear += row.count
                continue
            }
            let trimmed = Array(trimmed(row))
            let extent: DropWay.Extent =
                trimmed.isEmpty ? .lost : row.frames.count >= stackDepth ? .truncated : .whole
            let frames = trimmed.isEmpty ? [row.key.location] : trimmed
            lost[DropWay(reason: .kernel(reason), frames: frames, extent: extent), default: 0] += row.count
        }
        return (lost, unclear)
    }

    private struct Row {
        var key: why_packet_key
        var count: UInt64
        /// Innermost first; none: none were kept, or they were lost.
        var frames: [UInt64] = []
    }

    /// What the tables have, every address in it looked up.
    private func rows() throws(BPFError) -> [Row] {
        var rows: [Row] = []
        rows = try counts()
        if keepsStacks { try stacks.take(turn: object.closedTurn, from: object.bpf) }
        var addresses: Set<UInt64> = []
        for index in rows.indices {
            addresses.insert(rows[index].key.location)
            guard let number = PacketDecoding.stack(rows[index].key) else { continue }
            rows[index].frames = stacks.frames(of: number, bits: WHY_STACK_SHORT_BITS) ?? []
            addresses.formUnion(rows[index].frames)
        }
        places.lookUp(addresses)
        return rows
    }

    /// From where the packet was dropped outwards.
    private func trimmed(_ row: Row) -> ArraySlice<UInt64> {
        PacketStacks.trim(row.frames, row.key.location) { places[$0]?.symbol ?? "" }
    }

    /// Every count since the last call: those that each CPU has for itself, and the shared ones.
    /// A key may come several times.
    private func counts() throws(BPFError) -> [Row] {
        var counts: [Row] = []
        let epoch = try object.closeEpoch()
        try object.map(named: "packet_near").drainPerCPU(NearPlaces.of(epoch, bits: WHY_NEAR_PACKET_BITS)) {
            place in
            guard let place = place.read(why_near_packet.self), place.claims > 0 else { return false }
            if place.count > 0 { counts.append(Row(key: place.key, count: place.count)) }
            return true
        }
        for table in ["packet_rows", "packet_portless"] {
            try object.map(named: table).drain { keyBytes, valueBytes in
                guard let key = keyBytes.read(why_packet_key.self),
                    (Int32(key.flags) & WHY_PACKET_EPOCH != 0) == (epoch != 0)
                else { return false }
                if let count = valueBytes.read(UInt64.self) { counts.append(Row(key: key, count: count)) }
                return true
            }
        }
        return counts
    }

    /// Why places are shown as addresses; `nil`: they are not.
    public var placesObstacle: String? { places.obstacle }

    /// What was not seen.
    public func loss() throws(BPFError) -> Loss {
        try object.loss()
    }

    /// Removes the program; what it counted stays to be read.
    public func detach() throws(BPFError) {
        try object.detach()
    }
}
