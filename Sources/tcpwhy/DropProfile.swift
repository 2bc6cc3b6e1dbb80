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

    func run(seconds: Double?) throws -> (stacks: [NamedStack], run: WeighedRun) {
        let loop = try ReportLoop(every: 3600)
        let start = HostClock.monotonicNanoseconds()
        let end = seconds.map { start + UInt64($0 * 1e9) }
        Output.tracing(listeners.backend)
        try loop.run(reports: nil, until: end) {}
        let duration = Double(HostClock.monotonicNanoseconds() - start) / 1e9
        do throws(ProbeError) {
            try listeners.stop()
            // While trampolines are there they have names.
            let result = try result(duration)
            try listeners.detach()
            try packets.detach()
            return result
        } catch {
            throw Failure(error)
        }
    }

    private func result(_ duration: Double) throws(ProbeError) -> ([NamedStack], WeighedRun) {
        let (lost, unclear) = try packets.ways()
        let syns = try listeners.droppedSYNs()
        let loss = try packets.loss()
        let ways = lost.merging(syns?.ways ?? [:]) { $0 &+ $1 }
        var run = WeighedRun(
            weight: .drops,
            subject: .drops(.init(syns: syns?.all, unclear: unclear, hasReasons: packets.hasReasons)),
            backend: listeners.backend, duration: duration)
        // What found no room in the tables of rows is known as a number only.
        let others = loss.table &+ (syns?.withoutRow ?? 0)
        run.counted = lost.values.reduce(0, &+) &+ loss.table &+ (syns?.all ?? 0)
        run.total = ways.values.reduce(0, &+) &+ others
        run.withoutStack = ways.filter { $0.key.extent == .lost }.values.reduce(others, &+)
        run.truncated = ways.filter { $0.key.extent == .truncated }.values.reduce(0, &+)
        run.depth = packets.stackDepth
        run.mostFrames = PacketProbe.mostFrames
        run.loss = try listeners.loss()
        run.loss.merge(loss)
        var names = FrameNames(UserSymbols())
        var stacks = names.stacks(of: ways)
        if others > 0 { stacks.append(NamedStack(owner: nil, frames: ["[others]"], count: others)) }
        return (stacks, run)
    }
}
