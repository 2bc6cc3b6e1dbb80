// SPDX-License-Identifier: Apache-2.0
import BPF
import Glibc
import Host
import Model
import Probes
import Report

/// One run of `tcpwhy drops`: from attaching to the final totals.
struct DropsSession {
    private let probe: ListenerProbe
    /// `nil`: not to be had here, which was said.
    private let packets: PacketProbe?
    private var conntrack: ConntrackWatch
    private let view: DropsView
    private let isWanted: (Listener, [SocketOwner]) -> Bool
    /// Whether it says no to any, and packets go by the ports of those it does not.
    private let isFiltered: Bool
    private let isPortFiltered: Bool
    private let filtersByCgroup: Bool
    /// Whether every socket's owners are needed, or only theirs that lose something.
    private let ownsAll: Bool
    /// Who holds the sockets that events were of.
    private var owners: [UInt32: [SocketOwner]] = [:]
    /// Who holds the sockets of reports.
    private var known = KnownOwners()
    private var watch: ListenerWatch
    private var saidNoPlaces = false
    private var first: DropsSnapshot
    private var last: DropsSnapshot

    init(
        _ filter: ListenerFilter, packets packetFilter: PacketFilter, backend: Backend?, view: DropsView
    ) throws {
        self.view = view
        isWanted = try filter.show()
        isFiltered = filter.isFilter
        isPortFiltered = filter.isPortFilter
        filtersByCgroup = filter.cgroup.isFilter
        ownsAll = view.isJSON || filter.asksForOwners
        let netns = try filter.namespace.open()
        let cgroup = try filter.cgroup.id()
        var options = try packetFilter.options()
        options.netns = netns?.inode
        options.cgroup = cgroup
        do throws(ProbeError) {
            probe = try ListenerProbe(
                netns: netns?.inode, backend: backend, events: view.showsEvents, peers: true, cgroup: cgroup)
        } catch {
            throw Failure(error)
        }
        if view.showsEvents && probe.backend == .tracepoint {
            throw Failure.failed(
                "--events takes fentry or kprobe, and neither is to be had here\n"
                    + "'tcpwhy check' says why; without --events the losses are counted")
        }
        do throws(ProbeError) {
            packets = try PacketProbe(options, beside: probe)
        } catch {
            packets = nil
            guard !packetFilter.isNeeded else { throw Failure(error) }
            Output.error("tcpwhy: no dropped packets: \(error)\n")
        }
        conntrack = ConntrackWatch(netns: netns?.inode, backend: backend, beside: probe)
        do throws(ProbeError) { try probe.start() } catch { throw Failure(error) }
        watch = ListenerWatch(probe, only: netns)
        first = try Self.snapshot(&watch, packets, conntrack)
        last = first
    }

    mutating func run(every interval: Double, reports: Int?, seconds: Double?) throws {
        let loop = try ReportLoop(every: interval)
        let end = seconds.map { first.time + UInt64($0 * 1e9) }
        var ring = view.showsEvents ? try probe.openRing() : nil
        view.announce(probe.backend)
        // Whoever closes a listener is known by then.
        _ = known.find(Set(first.listeners.keys.map(\.inode)))
        explain()
        try view.begin()
        let descriptor = ring?.descriptor
        try loop.run(reports: reports, until: end, watching: descriptor) {
            try drain(&ring)
        } report: {
            try report()
        }
        do throws(ProbeError) { try probe.stop() } catch { throw Failure(error) }
        try drain(&ring, limit: .max)
        try report(isLast: true)
        do throws(ProbeError) {
            try probe.detach()
            try packets?.detach()
            try conntrack.detach()
            last.loss = try probe.loss()
            if let loss = try packets?.loss() { last.loss.merge(loss) }
            if let loss = try conntrack.loss() { last.loss.merge(loss) }
        } catch {
            throw Failure(error)
        }
        try view.finish(shown(last.withEnded.since(first), isLast: true))
    }

    /// Shows the events that are there; when more come all the time, not for ever.
    private mutating func drain(_ ring: inout RingBuffer?, limit: Int = 10_000) throws {
        guard ring != nil else { return }
        var losses: [ListenLoss] = []
        ring?.consume(limit: limit) { record in
            if let loss = probe.decode(record) { losses.append(loss) }
        }
        var bytes: [UInt8] = []
        for loss in losses where shows(loss) { view.append(loss, to: &bytes) }
        try view.output.write(bytes)
    }

    /// What the filters say of the socket that lost it, as it was last seen.
    private mutating func shows(_ loss: ListenLoss) -> Bool {
        guard isFiltered else { return true }
        let known = last.listeners.keys.first { $0.inode == loss.inode && $0.netns == loss.netns }
        // Younger than the last look: as the packet names it.
        guard let listener = known ?? (filtersByCgroup ? nil : loss.listener) else { return false }
        if ownsAll, owners[loss.inode] == nil {
            owners[loss.inode] = SocketOwners.find([loss.inode])[loss.inode] ?? []
        }
        return isWanted(listener, owners[loss.inode] ?? [])
    }

    private static func snapshot(
        _ watch: inout ListenerWatch, _ packets: PacketProbe?, _ conntrack: ConntrackWatch,
        isLast: Bool = false
    ) throws -> DropsSnapshot {
        var snapshot = try watch.look(isLast: isLast)
        do throws(ProbeError) {
            let reading = try packets?.read()
            snapshot.packets = reading?.packets
            snapshot.stacks = reading?.stacks
            snapshot.endedPackets = reading?.ended ?? [:]
            snapshot.endedStacks = reading?.endedStacks ?? [:]
            if let loss = try packets?.loss() { snapshot.loss.merge(loss) }
            try conntrack.complete(&snapshot)
        } catch {
            throw Failure(error)
        }
        return snapshot
    }

    private mutating func report(isLast: Bool = false) throws {
        let before = last
        last = try Self.snapshot(&watch, packets, conntrack, isLast: isLast)
        explain()
        let interval = last.since(before)
        // A moment after the last report: only if there is something to tell.
        let hasNews =
            interval.packets?.isEmpty == false || interval.listeners.values.contains(where: \.hasLoss)
        // Scripts want to know the queues, too, unless that was just said.
        if isLast && !hasNews && (!view.isJSON || interval.duration < 0.01) { return }
        try view.show(shown(interval, isLast: isLast))
    }

    /// Says once what makes the figures less than they could be.
    private mutating func explain() {
        conntrack.explain(last)
        if let obstacle = packets?.placesObstacle, !saidNoPlaces {
            saidNoPlaces = true
            Output.error("tcpwhy: places are shown as addresses: \(obstacle)\n")
        }
    }

    /// With owners, and only what was asked for.
    private mutating func shown(_ interval: DropsInterval, isLast: Bool) -> DropsInterval {
        var interval = interval
        let sockets = interval.listeners.filter { ownsAll || $0.value.hasLoss }.keys
        interval.owners = known.find(Set(sockets.map(\.inode).filter { $0 != 0 }), anew: isLast)
        return interval.filtered(isWanted, isFilter: isFiltered, byPort: isPortFiltered)
    }
}

extension ListenLoss {
    fileprivate var listener: Listener? {
        local.map { Listener(netns: netns, address: $0, port: localPort, inode: inode) }
    }
}

extension ListenerState {
    fileprivate var hasLoss: Bool { drops?.isEmpty == false || (drops == nil && socketDrops ?? 0 > 0) }
}
