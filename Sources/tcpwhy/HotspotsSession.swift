// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes
import Symbols

/// One run of `tcpwhy hotspots`: from the first sample to the final totals.
struct HotspotsSession {
    private let probe: SampleProbe
    private let searches: SearchWatch
    private let view: HotspotsView
    private let users: UserSymbols
    private let cpus: Set<Int32>?
    private var names: FrameNames
    private var sampling: Sampling
    private let first: Look
    private var last: Look
    /// Of the whole run up to `last`.
    private var counts = HotspotsCounts()
    private var loss = SampleLoss()

    /// What has a total at one moment, since the trace began.
    private struct Look {
        var search: SearchTime
        var cpus: CPUTimes
        /// Nanoseconds of CLOCK_MONOTONIC.
        var time: UInt64
    }

    init(_ options: SampleOptions, searches: SearchWatch, isFiltered: Bool, view: HotspotsView) throws {
        self.view = view
        self.searches = searches
        users = UserSymbols()
        names = FrameNames(users)
        cpus = options.cpus.map { Set($0) }
        do throws(ProbeError) {
            probe = try SampleProbe(options)
            first = Look(
                search: try searches.read(), cpus: try Self.cpuTimes(cpus),
                time: HostClock.monotonicNanoseconds())
        } catch {
            throw Failure(error)
        }
        sampling = Sampling(
            clock: probe.clock.rawValue, frequency: options.frequency, cpus: probe.cpus,
            isFiltered: isFiltered)
        last = first
    }

    /// Reports until `reports` or `seconds` are over, a signal comes or the
    /// output's reader goes; then the totals, once.
    mutating func run(every interval: Double, reports: Int?, seconds: Double?) throws {
        let loop = try ReportLoop(every: interval)
        let end = seconds.map { first.time + UInt64($0 * 1e9) }
        var ring = try probe.openRing()
        view.announce(sampling, probe.clock)
        let descriptor = ring.descriptor
        try loop.run(reports: reports, until: end, watching: descriptor) {
            drain(&ring)
        } report: {
            try report(&ring)
        }
        probe.stop()
        let stopped = HostClock.monotonicNanoseconds()
        do throws(ProbeError) { try searches.stop() } catch { throw Failure(error) }
        try report(&ring, stopped: stopped)
        try view.finish(since(first, counts, loss))
    }

    /// - Parameter stopped: when sampling ended; what is left is shown if there is any.
    private mutating func report(_ ring: inout RingBuffer, stopped: UInt64? = nil) throws {
        drain(&ring)
        let before = last
        let new: StackSamples
        do throws(ProbeError) {
            new = try probe.takeSamples()
            last = Look(
                search: try searches.read(), cpus: try Self.cpuTimes(cpus),
                time: stopped ?? HostClock.monotonicNanoseconds())
        } catch {
            throw Failure(error)
        }
        let newCounts = names.counts(of: new)
        let newLoss = SampleLoss(of: new)
        counts.merge(newCounts)
        loss.merge(newLoss)
        let interval = since(before, newCounts, newLoss)
        if stopped != nil && interval.samples == 0 { return }
        try view.show(interval, isRest: stopped != nil)
    }

    private func since(
        _ before: Look, _ counts: HotspotsCounts, _ loss: SampleLoss
    ) -> HotspotsInterval {
        HotspotsInterval(
            duration: Double(last.time - before.time) / 1e9,
            wallTime: Double(HostClock.wallNanoseconds()) / 1e9, counts: counts, loss: loss,
            cpus: last.cpus.since(before.cpus), search: last.search.since(before.search),
            sampling: sampling)
    }

    private func drain(_ ring: inout RingBuffer) {
        ring.consume { record in
            if let pid = probe.receive(record) { users.note(pid: pid) }
        }
    }

    private static func cpuTimes(_ wanted: Set<Int32>?) throws(ProbeError) -> CPUTimes {
        let times: CPUTimes
        do throws(HostError) { times = try CPUTimes.current() } catch {
            throw ProbeError(.cannotTrace, "\(error)")
        }
        guard let wanted else { return times }
        return times.filter { wanted.contains($0.key) }
    }
}
