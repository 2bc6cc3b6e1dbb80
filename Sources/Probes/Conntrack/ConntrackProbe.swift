// SPDX-License-Identifier: Apache-2.0
public import BPF
import CPrograms
public import Model

/// How often there was no room for a connection to track, counted where the kernel
/// finds that out.
public final class ConntrackProbe {
    public let backend: Backend

    private let object: LoadedObject
    private var totals = Recent<UInt32, UInt64>(keeping: 4096)

    /// Loads and attaches the programs of the first backend that works here.
    /// - Parameters:
    ///   - netns: inode of the only network namespace to look at.
    ///   - forced: this backend or none.
    /// - Throws: the reason, a line per backend: nf_conntrack is not loaded, or its types are
    ///   not known (module types come with Linux 5.11), or nothing can be attached.
    public init(netns: UInt32?, backend forced: Backend?) throws(BPFError) {
        let backends = forced.map { [$0] } ?? [.fentry, .kprobe]
        (backend, object) = try BackendChoice.first(nil, of: backends) { refused in
            BPFError(.notSupported, saying: refused.joined(separator: "; "))
        } _: { (backend, _) throws(BPFError) in
            (backend, try Self.load(backend, netns: netns))
        }
    }

    private static func load(_ backend: Backend, netns: UInt32?) throws(BPFError) -> LoadedObject {
        try ConntrackPrograms.require(backend)
        return try LoadedObject(why_conntrack_object(), name: "tcpwhy_ct", ConntrackPrograms.all(backend)) {
            (object) throws(BPFError) in
            try object.setReadOnly(why_conntrack_config(netns: netns ?? 0), map: ".rodata.config")
        }
    }

    /// From here on what happens is for the `full` after the next.
    public func turn() throws(BPFError) {
        try object.turn()
    }

    /// By the namespace's inode, since the trace began; where it never happened there is none, nor
    /// in those it is longest ago, if there were thousands.
    public func full() throws(BPFError) -> [UInt32: UInt64] {
        var counts: [UInt32: UInt64] = [:]
        let epoch = try object.closeEpoch()
        try object.map(named: "conntrack_rows").drain { keyBytes, value in
            guard let key = keyBytes.read(why_conntrack_key.self), key.epoch == epoch else { return false }
            if let count = value.read(UInt64.self) { counts[key.netns] = count }
            return true
        }
        for (netns, count) in counts { totals[netns] = (totals[netns] ?? 0) &+ count }
        return totals.all
    }

    /// What was not seen.
    public func loss() throws(BPFError) -> Loss {
        try object.loss()
    }

    /// Removes the programs; what they counted stays to be read.
    public func detach() throws(BPFError) {
        try object.detach()
    }
}
