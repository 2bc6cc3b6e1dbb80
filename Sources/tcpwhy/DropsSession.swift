// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host
import Model
import Probes
import Report

/// One run of `tcpwhy drops`: from attaching to the final totals.
struct DropsSession {
    private let probe: ListenerProbe
    private let view: DropsView
    private let isWanted: (Listener, [SocketOwner]) -> Bool
    /// Whether every socket's owners are needed, or only theirs that lose something.
    private let ownsAll: Bool
    private var watch: ListenerWatch
    private var first: DropsSnapshot
    private var last: DropsSnapshot

    init(_ filter: ListenerFilter, backend: Backend?, view: DropsView) throws {
        self.view = view
        isWanted = try filter.show()
        ownsAll = view.json || filter.asksForOwners
        let netns = try filter.netns.map(OpenNamespace.init(named:))
        do throws(ProbeError) {
            probe = try ListenerProbe(netns: netns?.inode, backend: backend)
            try probe.start()
        } catch {
            throw Failure(error)
        }
        watch = ListenerWatch(probe, only: netns)
        first = try watch.look()
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
            last.loss = try probe.loss()
        } catch {
            throw Failure(error)
        }
        try view.finish(shown(last.since(first)))
    }

    private mutating func report(isLast: Bool = false) throws {
        let before = last
        last = try watch.look()
        let interval = last.since(before)
        // A moment after the last report: only if there is something to tell.
        if isLast && interval.total.isEmpty { return }
        try view.show(shown(interval))
    }

    /// With owners, and only what was asked for.
    private func shown(_ interval: DropsInterval) -> DropsInterval {
        var interval = interval
        let sockets = interval.listeners.filter { ownsAll || $0.value.hasLoss }.keys
        interval.owners = SocketOwners.find(Set(sockets.map(\.inode).filter { $0 != 0 }))
        return interval.filtered(isWanted)
    }
}

extension ListenerState {
    fileprivate var hasLoss: Bool { drops?.isEmpty == false || (drops == nil && socketDrops ?? 0 > 0) }
}
