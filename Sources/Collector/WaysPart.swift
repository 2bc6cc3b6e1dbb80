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
    /// Packets so far for which the kernel's tables had no room.
    private var withoutRow: UInt64 = 0

    init(of questions: Questions, in places: Places) throws(BPFError) {
        var options = PacketOptions()
        options.netns = places.netns?.inode
        options.cgroup = places.cgroupID
        options.stacks = true
        listeners = try Self.listeners(places, questions.backend)
        packets = try PacketProbe(options, beside: listeners)
        last = DropWays(
            time: 0, backend: listeners.backend, hasReasons: packets.hasReasons,
            mostFrames: PacketProbe.mostFrames)
    }

    /// By the first backend that leaves the packets' stacks whole.
    private static func listeners(_ places: Places, _ forced: Backend?) throws(BPFError) -> ListenerProbe {
        func load(_ backend: Backend?) throws(BPFError) -> ListenerProbe {
            try ListenerProbe(
                netns: places.netns?.inode, backend: backend, cgroup: places.cgroupID, stacks: true)
        }
        if ReturnProbes.keepCallers() { return try load(forced) }
        if forced == .kprobe {
            throw BPFError(
                .cannotTrace,
                saying: "kprobes would hide callers from this kernel's stacks (before Linux 5.15)")
        }
        if let forced { return try load(forced) }
        if let probe = try? load(.fentry) { return probe }
        return try load(.tracepoint)
    }

    func start(at time: UInt64) throws(BPFError) {
        try listeners.start()
        last.time = time
    }

    func stop() throws(BPFError) { try listeners.stop() }

    /// From here on what happens is for the reading after the next.
    func turn() throws(BPFError) {
        try listeners.turn()
        try packets.turn()
    }

    /// Takes out of the kernel's tables what is new there, and names it: trampolines have names as
    /// long as they are there.
    func read(at time: UInt64, _ names: inout FrameNames) throws(BPFError) {
        last.time = time
        let (lost, unclear) = try packets.ways()
        let syns = try listeners.read().syns
        let unseen = try packets.loss()
        let withoutRow = unseen.table &- self.withoutRow
        self.withoutRow = unseen.table
        last.packets &+= lost.values.reduce(0, &+) &+ withoutRow
        last.unclear &+= unclear
        add(lost, withoutRow: withoutRow, &names)
        if let syns {
            last.syns = (last.syns ?? 0) &+ syns.all
            add(syns.ways, withoutRow: syns.withoutRow, &names)
        }
        last.loss = try listeners.loss()
        last.loss.merge(unseen)
    }

    private func add(_ ways: [DropWay: UInt64], withoutRow: UInt64, _ names: inout FrameNames) {
        func count(_ extent: DropWay.Extent) -> UInt64 {
            ways.reduce(0) { $0 &+ ($1.key.extent == extent ? $1.value : 0) }
        }
        var loss = SampleLoss()
        loss.unplaced = withoutRow
        loss.withoutStack = count(.lost)
        loss.truncated = count(.truncated)
        loss.depth = packets.stackDepth
        last.stacks.add(names.stacks(of: ways), loss)
    }

    func detach() throws(BPFError) {
        try listeners.detach()
        try packets.detach()
    }
}
