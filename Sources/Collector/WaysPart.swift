// SPDX-License-Identifier: Apache-2.0
import BPF
import Model
import Probes

/// Packets freed as dropped, and the SYNs that listening sockets drop, which the kernel frees as
/// if they had been used; each by the way that led there.
final class WaysPart {
    private let listeners: ListenerProbe
    private let packets: PacketProbe
    private(set) var last: DropWays

    init(of questions: Questions, in places: Places) throws(ProbeError) {
        var options = PacketOptions()
        options.netns = places.netns?.inode
        options.cgroup = places.cgroupID
        options.stacks = true
        listeners = try Self.listeners(places, questions.backend)
        packets = try PacketProbe(options, beside: listeners)
        last = DropWays(
            time: 0, backend: listeners.backend, hasReasons: packets.hasReasons, depth: packets.stackDepth,
            mostFrames: PacketProbe.mostFrames)
    }

    /// By the first backend that leaves the packets' stacks whole.
    private static func listeners(_ places: Places, _ forced: Backend?) throws(ProbeError) -> ListenerProbe {
        func load(_ backend: Backend?) throws(ProbeError) -> ListenerProbe {
            try ListenerProbe(
                netns: places.netns?.inode, backend: backend, cgroup: places.cgroupID, stacks: true)
        }
        if ReturnProbes.keepCallers() { return try load(forced) }
        if forced == .kprobe {
            throw ProbeError(
                .cannotTrace, "kprobes would hide callers from this kernel's stacks (before Linux 5.15)")
        }
        if let forced { return try load(forced) }
        if let probe = try? load(.fentry) { return probe }
        return try load(.tracepoint)
    }

    func start(at time: UInt64) throws(ProbeError) {
        try listeners.start()
        last.time = time
    }

    func stop() throws(ProbeError) { try listeners.stop() }

    /// From here on what happens is for the reading after the next.
    func turn() throws(ProbeError) {
        try listeners.turn()
        try packets.turn()
    }

    /// After `stop`. Trampolines have names as long as they are there.
    func read(at time: UInt64, _ names: inout FrameNames) throws(ProbeError) {
        last.time = time
        (last.lost, last.unclear) = try packets.ways()
        last.syns = try listeners.droppedSYNs()
        let loss = try packets.loss()
        last.withoutRow = loss.table
        last.loss = try listeners.loss()
        last.loss.merge(loss)
        names.nameKernel(last.all.keys.map(\.frames))
    }

    func detach() throws(ProbeError) {
        try listeners.detach()
        try packets.detach()
    }
}
