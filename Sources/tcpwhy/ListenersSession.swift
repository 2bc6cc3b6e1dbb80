// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes
import Report

/// One run of `tcpwhy listeners`: from attaching to the final totals.
struct ListenersSession {
    private let probe: ListenerProbe
    /// `nil`: not to be had here, which was said.
    private let accepts: AcceptProbe?
    private let view: ListenersView
    private let isWanted: (Listener, [SocketOwner]) -> Bool
    /// Whether it says no to any.
    private let isFiltered: Bool
    private var watch: ListenerWatch
    private var owners = KnownOwners()
    private var first: DropsSnapshot
    private var last: DropsSnapshot

    init(_ filter: ListenerFilter, backend: Backend?, view: ListenersView) throws {
        self.view = view
        isWanted = try filter.show()
        isFiltered = filter.isFilter
        let netns = try filter.namespace.open()
        let cgroup = try filter.cgroup.id()
        // Both probes ask for the kernel's types.
        BTF.keep()
        defer { BTF.letGo() }
        do throws(ProbeError) {
            probe = try ListenerProbe(netns: netns?.inode, backend: backend, cgroup: cgroup)
        } catch {
            throw Failure(error)
        }
        do throws(ProbeError) {
            accepts = try AcceptProbe(netns: netns?.inode, backend: backend, cgroup: cgroup)
        } catch {
            if backend != nil { throw Failure(error) }
            accepts = nil
            Output.error("tcpwhy: waits are not measured: \(error)\n")
        }
        watch = ListenerWatch(probe, accepts: accepts, only: netns)
        try watch.startAccepts()
        do throws(ProbeError) { try probe.start() } catch { throw Failure(error) }
        first = try watch.look()
        last = first
    }

    mutating func run(every interval: Double, reports: Int?, seconds: Double?) throws {
        let loop = try ReportLoop(every: interval)
        let end = seconds.map { first.time + UInt64($0 * 1e9) }
        view.announce(probe.backend)
        try loop.run(reports: reports, until: end) { try report() }
        do throws(ProbeError) {
            try accepts?.stop()
            try probe.stop()
        } catch {
            throw Failure(error)
        }
        try report(isLast: true)
        do throws(ProbeError) {
            try accepts?.detach()
            try probe.detach()
            last.loss = try probe.loss()
            if let accepts { last.loss.merge(try accepts.loss()) }
        } catch {
            throw Failure(error)
        }
        try view.finish(shown(last.withEnded.since(first), isLast: true))
    }

    private mutating func report(isLast: Bool = false) throws {
        let before = last
        last = try watch.look(isLast: isLast)
        let interval = last.since(before)
        // A moment after the last report: only if there is something to tell, or nothing was told yet.
        let isQuiet = interval.total.isEmpty && interval.totalAccepted?.isEmpty ?? true
        if isLast && isQuiet && before.time != first.time { return }
        try view.show(shown(interval, isLast: isLast), isRest: isLast)
    }

    /// With owners, and only what was asked for.
    private mutating func shown(_ interval: DropsInterval, isLast: Bool) -> DropsInterval {
        var interval = interval
        let sockets = Set(interval.listeners.keys.map(\.inode).filter { $0 != 0 })
        interval.owners = owners.find(sockets, anew: isLast)
        return interval.filtered(isWanted, isFilter: isFiltered)
    }
}
