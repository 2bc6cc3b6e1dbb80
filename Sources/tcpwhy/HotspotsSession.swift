// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes

/// One run of `tcpwhy hotspots`: from the first sample to the final totals.
struct HotspotsSession {
    private let probe: SampleProbe
    private let searches: SearchWatch
    private let view: HotspotsView
    /// Since the last look.
    private let samples: FunctionSamples
    private let cpus: Set<Int32>?
    private var sampling: Sampling
    private let first: Look
    private var last: Look
    /// Of the whole run up to `last`.
    private var totals = HotspotsTotals()
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
        cpus = options.cpus.map { Set($0) }
        do throws(ProbeError) {
            probe = try SampleProbe(options)
            samples = try FunctionSamples(probe)
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
        let takes = Int((interval / FunctionSamples.pace).rounded(.up))
        var taken = 0
        let loop = try ReportLoop(every: interval / Double(takes))
        let end = seconds.map { first.time + UInt64($0 * 1e9) }
        view.announce(sampling, probe.clock)
        try loop.run(reports: reports.map { $0 * takes }, until: end, watching: samples.descriptor) {
            samples.drain()
        } report: {
            try take()
            taken += 1
            if taken.isMultiple(of: takes) { try report() }
        }
        probe.stop()
        let stopped = HostClock.monotonicNanoseconds()
        do throws(ProbeError) { try searches.stop() } catch { throw Failure(error) }
        try take()
        try report(stopped: stopped)
        try view.finish(since(first, totals.counts, loss))
    }

    private func take() throws {
        do throws(ProbeError) { try samples.take() } catch { throw Failure(error) }
    }

    /// - Parameter stopped: when sampling ended; what is left is shown if there is any.
    private mutating func report(stopped: UInt64? = nil) throws {
        let before = last
        do throws(ProbeError) {
            last = Look(
                search: try searches.read(), cpus: try Self.cpuTimes(cpus),
                time: stopped ?? HostClock.monotonicNanoseconds())
        } catch {
            throw Failure(error)
        }
        let interval = since(before, samples.counts, samples.loss)
        totals.add(samples.counts)
        loss.merge(samples.loss)
        samples.reset()
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

    private static func cpuTimes(_ wanted: Set<Int32>?) throws(ProbeError) -> CPUTimes {
        let times: CPUTimes
        do throws(HostError) { times = try CPUTimes.current() } catch {
            throw ProbeError(.cannotTrace, "\(error)")
        }
        guard let wanted else { return times }
        return times.filter { wanted.contains($0.key) }
    }
}
