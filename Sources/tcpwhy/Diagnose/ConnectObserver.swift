// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes

/// Connects, their searches for ports, and how full the ranges were, over one run.
final class ConnectObserver {
    let backend: Backend
    private let probe: ConnectProbe
    private var ranges: RangeWatch
    private var last: PortsSnapshot
    /// Of each destination, as its range was when it was fullest.
    private var fullest: [Destination: PortRange] = [:]
    /// Not before this; monotonic nanoseconds.
    private var nextLook: UInt64 = 0
    /// Looking walks over every socket, of which a busy host has many: it takes this part of the
    /// time at most.
    private static let shareOfTime: UInt64 = 1000

    init(_ options: ConnectOptions) throws(ProbeError) {
        probe = try ConnectProbe(options)
        backend = probe.coverage.backend
        ranges = RangeWatch(probe.coverage)
        last = Self.snapshot(of: ConnectProbe.Reading(), by: backend)
    }

    private static func snapshot(of reading: ConnectProbe.Reading, by backend: Backend) -> PortsSnapshot {
        PortsSnapshot(
            time: HostClock.monotonicNanoseconds(),
            wallTime: Double(HostClock.wallNanoseconds()) / 1e9, backend: backend,
            connects: reading.connects, ranges: [], loss: reading.loss)
    }

    /// Notes how full the ranges are of those destinations that were connected to since it last did.
    func look(isLast: Bool) throws(ProbeError) {
        let start = HostClock.monotonicNanoseconds()
        guard isLast || start >= nextLook else { return }
        let reading = try probe.read()
        let now = Self.snapshot(of: reading, by: backend)
        for range in ranges.measure(now.since(last).connects.keys, own: reading.ownRanges) {
            if let known = fullest[range.destination], known.held >= range.held { continue }
            fullest[range.destination] = range
        }
        last = now
        let end = HostClock.monotonicNanoseconds()
        nextLook = end + (end - start) * Self.shareOfTime
    }

    /// From here on nothing counts.
    func stop() throws(ProbeError) { try probe.stop(); try probe.detach() }

    /// All of the run, after `stop`.
    func result(from start: UInt64, to end: UInt64) throws(ProbeError) -> PortsInterval {
        let reading = try probe.read()
        var total = Self.snapshot(of: reading, by: backend)
        for (key, stats) in reading.ended { total.connects[key, default: ConnectStats()].merge(stats) }
        total.ranges = Array(fullest.values)
        total.time = end
        return total.since(
            PortsSnapshot(time: start, wallTime: 0, backend: backend, connects: [:], ranges: [], loss: Loss())
        )
    }
}
