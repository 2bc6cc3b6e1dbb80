// SPDX-License-Identifier: Apache-2.0
import BPF
import Glibc
import Host
import Model
import Probes

/// One run of `tcpwhy ports`: from attaching to the final totals.
struct PortsSession {
    private let probe: ConnectProbe
    private let view: PortsView
    private let interval: Double
    private var ranges: RangeWatch
    private var first: PortsSnapshot
    private var last: PortsSnapshot
    /// When tracing ended; detaching takes its time after that.
    private var stopped: UInt64?
    /// Of processes that ended, as of `last`.
    private var ended: [ConnectKey: ConnectStats] = [:]

    init(_ options: ConnectOptions, view: PortsView, interval: Double) throws {
        do throws(ProbeError) {
            probe = try ConnectProbe(options)
        } catch {
            throw Failure(error)
        }
        self.view = view
        self.interval = interval
        ranges = RangeWatch(probe.coverage)
        first = Self.snapshot(of: ConnectProbe.Reading(), by: probe.coverage.backend)
        last = first
    }

    /// Reports until `reports` or `seconds` are over, a signal comes or the
    /// output's reader goes; then the totals, once.
    mutating func run(reports: Int?, seconds: Double?) throws {
        let loop = try ReportLoop(every: interval)
        let end = seconds.map { first.time + UInt64($0 * 1e9) }
        var ring = view.showsEvents ? try probe.openRing() : nil
        view.announce(probe.coverage)
        try view.begin()
        let descriptor = ring?.descriptor
        try loop.run(reports: reports, until: end, watching: descriptor) {
            try drain(&ring)
        } report: {
            try report()
        }
        stopped = HostClock.monotonicNanoseconds()
        try probe.stop()
        try drain(&ring)
        try report(onlyIfActive: true)
        try finish()
    }

    private mutating func report(onlyIfActive: Bool = false) throws {
        let before: PortsSnapshot
        do throws(ProbeError) {
            let reading = try probe.read()
            var snapshot = Self.snapshot(of: reading, by: probe.coverage.backend)
            if let stopped { snapshot.time = stopped }
            let active = snapshot.since(last).connects.keys
            snapshot.ranges = ranges.measure(active, own: reading.ownRanges)
            ended = reading.ended
            before = last
            last = snapshot
        } catch {
            throw Failure(error)
        }
        let interval = last.since(before)
        if onlyIfActive && interval.connects.isEmpty { return }
        try view.show(interval)
    }

    private func finish() throws {
        var total = last
        for (key, stats) in ended { total.connects[key, default: ConnectStats()].merge(stats) }
        try view.finish(total.since(first))
    }

    private static func snapshot(of reading: ConnectProbe.Reading, by backend: Backend) -> PortsSnapshot {
        PortsSnapshot(
            time: HostClock.monotonicNanoseconds(),
            wallTime: Double(HostClock.wallNanoseconds()) / 1e9, backend: backend,
            connects: reading.connects, ranges: [], loss: reading.loss)
    }

    /// Shows the events that are there; when more come all the time, not for ever.
    private func drain(_ ring: inout RingBuffer?) throws {
        guard ring != nil else { return }
        var bytes: [UInt8] = []
        try ring?.consume(limit: 100_000) { record in
            if let event = probe.event(record) { view.append(event, to: &bytes) }
            // What is kept here is bounded, however fast events come.
            if bytes.count > 1 << 16 {
                try view.output.write(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        try view.output.write(bytes)
    }
}
