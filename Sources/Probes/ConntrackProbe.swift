// SPDX-License-Identifier: Apache-2.0
public import BPF
import CPrograms
public import Model

/// How often there was no room for a connection to track, counted where the kernel
/// finds that out.
public final class ConntrackProbe {
    public let backend: Backend

    private let object: BPFObject
    private var attached: AttachedPrograms
    private var epochs: Epochs
    private var totals = Recent<UInt32, UInt64>(keeping: 4096)

    /// Loads and attaches the programs of the first backend that works here.
    /// - Parameters:
    ///   - netns: inode of the only network namespace to look at.
    ///   - forced: this backend or none.
    /// - Throws: the reason, a line per backend: nf_conntrack is not loaded, or its types are
    ///   not known (module types come with Linux 5.11), or nothing can be attached.
    public init(netns: UInt32?, backend forced: Backend?) throws(BPFError) {
        let loaded = try Self.first(of: forced.map { [$0] } ?? [.fentry, .kprobe], netns: netns)
        backend = loaded.backend
        attached = loaded.attached
        epochs = try Epochs(loaded.object)
        object = loaded.takeObject()
        try attached.countFromNow(in: object)
    }

    private struct Loaded: ~Copyable {
        let object: BPFObject
        let attached: AttachedPrograms
        let backend: Backend

        consuming func takeObject() -> BPFObject { object }
    }

    private static func first(of backends: [Backend], netns: UInt32?) throws(BPFError) -> Loaded {
        var refused: [String] = []
        for backend in backends {
            do throws(BPFError) {
                return try load(backend, netns: netns)
            } catch {
                refused.append("\(backend.rawValue): \(error)")
            }
        }
        throw BPFError(.notSupported, saying: refused.joined(separator: "; "))
    }

    private static func load(_ backend: Backend, netns: UInt32?) throws(BPFError) -> Loaded {
        try ConntrackPrograms.require(backend)
        let programs = ConntrackPrograms.all(backend)
        let image = why_conntrack_object()
        let object = try BPFObject(
            bytes: UnsafeRawBufferPointer(start: image.bytes, count: image.size), name: "tcpwhy_ct")
        try object.only(programs: Set(programs.map(\.name)))
        try object.setReadOnly(why_conntrack_config(netns: netns ?? 0), map: ".rodata.config")
        try object.load()
        let attached = try AttachedPrograms(programs, in: object)
        return Loaded(object: object, attached: attached, backend: backend)
    }

    /// From here on what happens is for the `full` after the next.
    public func turn() throws(BPFError) {
        try epochs.turn()
    }

    /// By the namespace's inode, since the trace began; where it never happened there is none, nor
    /// in those it is longest ago, if there were thousands.
    public func full() throws(BPFError) -> [UInt32: UInt64] {
        var counts: [UInt32: UInt64] = [:]
        let epoch = try epochs.close()
        try object.map(named: "full").drain { keyBytes, value in
            guard let key = keyBytes.read(why_conntrack_key.self), key.epoch == epoch else { return false }
            if let count = value.read(UInt64.self) { counts[key.netns] = count }
            return true
        }
        for (netns, count) in counts { totals[netns] = (totals[netns] ?? 0) &+ count }
        return totals.all
    }

    /// What was not seen.
    public func loss() throws(BPFError) -> Loss {
        try attached.loss(in: object)
    }

    /// Removes the programs; what they counted stays to be read.
    public func detach() throws(BPFError) {
        try attached.detach(from: object)
    }
}
