// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
public import Model

/// Packets that the kernel drops, by reason, place, protocol and port.
public final class PacketProbe {
    private let object: BPFObject
    private var attached: AttachedPrograms
    private var reasons: DropReasons
    private var places = PacketPlaces()
    private var stacks = PacketStacks()
    private let keepsStacks: Bool

    static let tracepoint = "kfree_skb"
    static let program = ProgramSpec(name: "btf_dropped", hook: .btfTracepoint(tracepoint))

    /// - Parameter listeners: whose losses are not to be told twice.
    public init(_ options: PacketOptions, beside listeners: ListenerProbe) throws(ProbeError) {
        keepsStacks = options.stacks
        do throws(BPFError) {
            let btf = try BTF.vmlinux()
            if let refusal = Trial.btfTracepoint(Self.tracepoint, btf: btf) { throw refusal }
            reasons = DropReasons(btf)
            object = try Self.open(options, Self.config(options, reasons, listeners, btf))
            try listeners.shareLost(with: object)
            try object.load()
            let wanted = try object.map(named: "wanted_reasons")
            for reason in options.reasons { try wanted.update(reason, UInt8(1)) }
            attached = try AttachedPrograms([Self.program], in: object)
            try attached.countFromNow(in: object)
        } catch {
            throw ProbeError(error)
        }
    }

    private static func config(
        _ options: PacketOptions, _ reasons: DropReasons, _ listeners: ListenerProbe, _ btf: borrowing BTF
    ) -> why_packet_config {
        var config = why_packet_config()
        config.netns = options.netns ?? 0
        config.filter_reason = options.reasons.isEmpty ? 0 : 1
        config.has_reason = reasons.exist ? 1 : 0
        // Its own data, packet, location, reason, and since c53795d48ee8 (6.11) the receiver.
        config.has_receiver = btf.argumentCount("__traceiter_\(tracepoint)") ?? 0 >= 5 ? 1 : 0
        config.has_listeners = listeners.backend == .tracepoint ? 0 : 1
        config.stacks = options.stacks ? 1 : 0
        return config
    }

    private static func open(
        _ options: PacketOptions, _ config: why_packet_config
    ) throws(BPFError) -> BPFObject {
        let image = why_drop_object()
        let object = try BPFObject(
            bytes: UnsafeRawBufferPointer(start: image.bytes, count: image.size), name: "tcpwhy_drop")
        try object.setReadOnly(config, map: ".rodata.config")
        try object.setReadOnly(options.cgroup ?? 0, map: ".rodata.cgroup")
        try object.setValueSize(map: "stacks", PacketStacks.size(wanted: options.stacks))
        if options.stacks {
            // Each kind of packet comes by several ways.
            try object.setMaxEntries(map: "packets", 32768)
        } else {
            try object.setMaxEntries(map: "stacks", 1)
        }
        return object
    }

    /// What was counted since the trace began.
    public struct Reading: Sendable {
        public var packets: [PacketDrop: UInt64] = [:]
        /// The same, divided by stack; `nil`: none were asked for.
        public var stacks: [DropStack: UInt64]?
    }

    public func read() throws(ProbeError) -> Reading {
        var raw: [(key: why_packet_key, count: UInt64)] = []
        do throws(BPFError) {
            raw = try counts()
            var addresses = Set(raw.map(\.key.location))
            if keepsStacks {
                let numbers = Set(raw.compactMap { PacketDecoding.stack($0.key) })
                addresses.formUnion(try stacks.read(numbers, in: object.map(named: "stacks")))
            }
            places.lookUp(addresses)
        } catch {
            throw ProbeError(error)
        }
        var reading = Reading()
        if keepsStacks { reading.stacks = [:] }
        for (key, count) in raw {
            let packet = PacketDecoding.packet(key, reasons.name(key.reason), places)
            reading.packets[packet, default: 0] += count
            guard keepsStacks else { continue }
            let frames =
                PacketDecoding.stack(key).map {
                    stacks.frames(of: $0, droppedAt: key.location, places)
                } ?? []
            reading.stacks?[DropStack(packet: packet, frames: frames), default: 0] += count
        }
        return reading
    }

    /// Every count: those that each CPU has for itself, and the shared ones. A key may
    /// come several times.
    private func counts() throws(BPFError) -> [(key: why_packet_key, count: UInt64)] {
        var counts: [(key: why_packet_key, count: UInt64)] = []
        try object.map(named: "near").forEach { _, places in
            let size = MemoryLayout<why_near_packet>.size
            for cpu in 0..<places.byteCount / size {
                guard let place = places.read(why_near_packet.self, at: cpu * size), place.count > 0
                else { continue }
                counts.append((place.key, place.count))
            }
        }
        for table in ["packets", "together"] {
            try object.map(named: table).forEach { keyBytes, valueBytes in
                guard let key = keyBytes.read(why_packet_key.self), let count = valueBytes.read(UInt64.self)
                else { return }
                counts.append((key, count))
            }
        }
        return counts
    }

    /// Why places are shown as addresses; `nil`: they are not.
    public var placesObstacle: String? { places.obstacle }

    /// What was not seen.
    public func loss() throws(ProbeError) -> Loss {
        do throws(BPFError) { return try attached.loss(in: object) } catch { throw ProbeError(error) }
    }

    /// Removes the program; what it counted stays to be read.
    public func detach() throws(ProbeError) {
        do throws(BPFError) { try attached.detach(from: object) } catch { throw ProbeError(error) }
    }
}
