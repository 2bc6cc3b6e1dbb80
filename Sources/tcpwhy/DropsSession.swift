// SPDX-License-Identifier: Apache-2.0
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
    private let view: DropsView
    private let isWanted: (Listener, [SocketOwner]) -> Bool
    /// Whether it says no to any.
    private let isFiltered: Bool
    /// Whether every socket's owners are needed, or only theirs that lose something.
    private let ownsAll: Bool
    private var watch: ListenerWatch
    private var first: DropsSnapshot
    private var last: DropsSnapshot

    init(_ filter: ListenerFilter, backend: Backend?, view: DropsView) throws {
        self.view = view
        isWanted = try filter.show()
        isFiltered = filter.isFilter
        ownsAll = view.json || filter.asksForOwners
        let netns = try filter.netns.map(OpenNamespace.init(named:))
        do throws(ProbeError) {
            probe = try ListenerProbe(netns: netns?.inode, backend: backend)
        } catch {
            throw Failure(error)
        }
        do throws(ProbeError) {
            packets = try PacketProbe(netns: netns?.inode, beside: probe)
        } catch {
            packets = nil
            Output.error("tcpwhy: no dropped packets: \(error)\n")
        }
        do throws(ProbeError) { try probe.start() } catch { throw Failure(error) }
        watch = ListenerWatch(probe, only: netns)
        first = try Self.snapshot(&watch, packets)
        last = first
    }

    mutating func run(every interval: Double, reports: Int?, seconds: Double?) throws {
        let loop = try ReportLoop(every: interval)
        let end = seconds.map { first.time + UInt64($0 * 1e9) }
        view.announce(probe.backend)
        try loop.run(reports: reports, until: end) { try report() }
        do throws(ProbeError) { try probe.stop() } catch { throw Failure(error) }
        try report(isLast: true)
        do throws(ProbeError) {
            try probe.detach()
            try packets?.detach()
            last.loss = try probe.loss()
            if let loss = try packets?.loss() { last.loss.merge(loss) }
        } catch {
            throw Failure(error)
        }
        try view.finish(shown(last.since(first)))
    }

    private static func snapshot(
        _ watch: inout ListenerWatch, _ packets: PacketProbe?
    ) throws -> DropsSnapshot {
        var snapshot = try watch.look()
        do throws(ProbeError) {
            snapshot.packets = try packets?.packets()
            if let loss = try packets?.loss() { snapshot.loss.merge(loss) }
        } catch {
            throw Failure(error)
        }
        return snapshot
    }

    private mutating func report(isLast: Bool = false) throws {
        let before = last
        last = try Self.snapshot(&watch, packets)
        let interval = last.since(before)
        // A moment after the last report: only if there is something to tell.
        let hasNews =
            interval.packets?.isEmpty == false || interval.listeners.values.contains(where: \.hasLoss)
        // Scripts want to know the queues, too, unless that was just said.
        if isLast && !hasNews && (!view.json || interval.duration < 0.01) { return }
        try view.show(shown(interval))
    }

    /// With owners, and only what was asked for.
    private func shown(_ interval: DropsInterval) -> DropsInterval {
        var interval = interval
        let sockets = interval.listeners.filter { ownsAll || $0.value.hasLoss }.keys
        interval.owners = SocketOwners.find(Set(sockets.map(\.inode).filter { $0 != 0 }))
        return interval.filtered(isWanted, isFilter: isFiltered)
    }
}

extension ListenerState {
    fileprivate var hasLoss: Bool { drops?.isEmpty == false || (drops == nil && socketDrops ?? 0 > 0) }
}
