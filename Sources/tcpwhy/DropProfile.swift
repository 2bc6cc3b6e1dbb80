// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes
import Symbols

/// One run of `tcpwhy profile --weight drops`: packets freed as dropped, and the SYNs that
/// listening sockets drop, which the kernel frees as if they had been used.
struct DropProfile {
    private let listeners: ListenerProbe
    private let packets: PacketProbe
    private var names = FrameNames(UserSymbols())
    private var rows = StackRows(keepsProcesses: false)
    /// Packets in rows, of them those without a stack, and those with a part of it.
    private var placed: UInt64 = 0
    private var withoutStack: UInt64 = 0
    private var truncated: UInt64 = 0
    private var unclear: UInt64 = 0
    /// Packets, SYNs not among them.
    private var counted: UInt64 = 0
    /// `nil`: this backend does not see them.
    private var syns: UInt64?
    /// SYNs for which the kernel's table had no room.
    private var withoutRow: UInt64 = 0

    /// Seconds between looks: the kernel's tables hold what was since the last.
    private static let pace = 1.0

    /// - Parameters:
    ///   - netns: inode of the only network namespace; `nil`: all.
    ///   - cgroup: only packets of sockets made in it or below, by its `id`.
    init(netns: UInt32?, cgroup: UInt64?, backend: Backend?) throws {
        var options = PacketOptions()
        options.netns = netns
        options.cgroup = cgroup
        options.stacks = true
        do throws(ProbeError) {
            listeners = try Self.listeners(netns, cgroup, backend)
            packets = try PacketProbe(options, beside: listeners)
            try listeners.start()
        } catch {
            throw Failure(code: Failure(error).code, message: "no --weight drops: \(error.message)")
        }
    }

    /// By the first backend that leaves the packets' stacks whole.
    private static func listeners(
        _ netns: UInt32?, _ cgroup: UInt64?, _ forced: Backend?
    ) throws(ProbeError) -> ListenerProbe {
        func load(_ backend: Backend?) throws(ProbeError) -> ListenerProbe {
            try ListenerProbe(netns: netns, backend: backend, cgroup: cgroup, stacks: true)
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

    mutating func run(seconds: Double?) throws -> (stacks: [NamedStack], run: WeighedRun) {
        let loop = try ReportLoop(every: Self.pace)
        let start = HostClock.monotonicNanoseconds()
        let end = seconds.map { start + UInt64($0 * 1e9) }
        Output.tracing(listeners.backend)
        try loop.run(reports: nil, until: end) { try takeSYNs() }
        let duration = Double(HostClock.monotonicNanoseconds() - start) / 1e9
        do throws(ProbeError) {
            try listeners.stop()
            // While trampolines are there they have names.
            try takeSYNs()
            try takePackets()
            let run = try weighed(duration)
            try listeners.detach()
            try packets.detach()
            return (rows.stacks, run)
        } catch {
            throw Failure(error)
        }
    }

    private mutating func takeSYNs() throws(ProbeError) {
        guard let new = try listeners.droppedSYNs() else { return }
        syns = (syns ?? 0) &+ new.all
        withoutRow &+= new.withoutRow
        add(new.ways)
    }

    private mutating func takePackets() throws(ProbeError) {
        let (lost, new) = try packets.ways()
        unclear &+= new
        counted &+= lost.values.reduce(0, &+)
        add(lost)
    }

    private mutating func add(_ ways: [DropWay: UInt64]) {
        placed &+= ways.values.reduce(0, &+)
        withoutStack &+= ways.filter { $0.key.extent == .lost }.values.reduce(0, &+)
        truncated &+= ways.filter { $0.key.extent == .truncated }.values.reduce(0, &+)
        rows.add(names.stacks(of: ways))
    }

    private mutating func weighed(_ duration: Double) throws(ProbeError) -> WeighedRun {
        let loss = try packets.loss()
        var run = WeighedRun(
            weight: .drops,
            subject: .drops(.init(syns: syns, unclear: unclear, hasReasons: packets.hasReasons)),
            backend: listeners.backend, duration: duration)
        // What found no room in the tables of rows is known as a number only.
        let unknown = loss.table &+ withoutRow
        run.others = rows.others
        rows.addOthers(unknown)
        run.total = placed &+ unknown
        run.counted = counted &+ (syns ?? 0) &+ loss.table
        run.withoutStack = withoutStack &+ unknown
        run.truncated = truncated
        run.depth = packets.stackDepth
        run.mostFrames = PacketProbe.mostFrames
        run.loss = try listeners.loss()
        run.loss.merge(loss)
        return run
    }
}
