// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Host
public import Model

/// Packets that the kernel drops, by reason, place, protocol and port.
public final class PacketProbe {
    private let object: BPFObject
    private var attached: AttachedPrograms
    private let reasons: DropReasons
    /// Where each place is, as far as it was looked up.
    private var places: [UInt64: KernelPlace] = [:]
    private var looked: Set<UInt64> = []

    static let tracepoint = "kfree_skb"
    static let program = ProgramSpec(name: "btf_dropped", hook: .btfTracepoint(tracepoint))

    /// - Parameter listeners: whose losses are not to be told twice.
    public init(netns: UInt32?, beside listeners: ListenerProbe) throws(ProbeError) {
        do throws(BPFError) {
            let btf = try BTF.vmlinux()
            if let refusal = Trial.btfTracepoint(Self.tracepoint, btf: btf) { throw refusal }
            reasons = DropReasons(btf)
            var config = why_packet_config()
            config.netns = netns ?? 0
            config.has_reason = reasons.exist ? 1 : 0
            let image = why_drop_object()
            object = try BPFObject(
                bytes: UnsafeRawBufferPointer(start: image.bytes, count: image.size), name: "tcpwhy_drop")
            try object.setReadOnly(config, map: ".rodata.config")
            try listeners.shareLost(with: object)
            try object.load()
            attached = try AttachedPrograms([Self.program], in: object)
            try attached.countFromNow(in: object)
        } catch {
            throw ProbeError(error)
        }
    }

    /// Counts since the trace began.
    public func packets() throws(ProbeError) -> [PacketDrop: UInt64] {
        var raw: [(why_packet_key, UInt64)] = []
        do throws(BPFError) {
            try object.map(named: "packets").forEach { keyBytes, valueBytes in
                guard let key = keyBytes.read(why_packet_key.self), let count = valueBytes.read(UInt64.self)
                else { return }
                raw.append((key, count))
            }
        } catch {
            throw ProbeError(error)
        }
        lookUp(Set(raw.map(\.0.location)))
        var packets: [PacketDrop: UInt64] = [:]
        for (key, count) in raw {
            packets[PacketDecoding.packet(key, reasons, places), default: 0] += count
        }
        return packets
    }

    /// Without symbols the addresses are shown.
    private func lookUp(_ locations: Set<UInt64>) {
        let new = locations.subtracting(looked)
        guard !new.isEmpty else { return }
        looked.formUnion(new)
        if let found = try? KernelSymbols.places(of: new) { places.merge(found) { $1 } }
    }

    /// What was not seen.
    public func loss() throws(ProbeError) -> Loss {
        do throws(BPFError) { return try attached.loss(in: object) } catch { throw ProbeError(error) }
    }

    /// Removes the program; what it counted stays to be read.
    public func detach() throws(ProbeError) {
        do throws(BPFError) { try attached.detach(from: object) } catch { throw ProbeError(error) }
    }
}
