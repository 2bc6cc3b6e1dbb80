// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes

/// Connects, their searches for ports, and the ranges that they choose from.
final class PortsPart {
    private let probe: ConnectProbe
    private let question: PortsQuestion
    private var ranges: RangeLooks
    private var events: RingBuffer?
    private(set) var last: PortsSnapshot
    /// When tracing ended; detaching takes its time after that.
    private var stopped: UInt64?

    init(
        _ question: PortsQuestion, of questions: Questions, in places: Places, notes: Notes
    ) throws(ProbeError) {
        self.question = question
        var options = ConnectOptions()
        options.pid = questions.pid
        options.command = questions.command
        options.netns = places.netns?.inode
        options.cgroup = places.cgroupDescriptor
        options.backend = questions.backend
        options.port = question.port
        options.destination = question.destination
        options.failedOnly = question.failedOnly
        options.countCalls = question.countsCalls
        options.events = question.events
        if question.events { options.ringBytes = 1 << 23 }
        // A descriptor is in the options: it stays open until the map has taken it.
        let probe = try withExtendedLifetime(places) { () throws(ProbeError) in try ConnectProbe(options) }
        self.probe = probe
        events = question.events ? try probe.openRing() : nil
        ranges = RangeLooks(question.ranges, probe.coverage, notes)
        last = Reading(
            time: HostClock.monotonicNanoseconds(), wallTime: HostClock.wallSeconds(),
            PortTotals(backend: probe.coverage.backend, method: probe.coverage.method))
    }

    /// Of the ring buffers that have events.
    var descriptors: [Int32] { events.descriptors }

    /// Hands over the events that are there; when more come all the time, not for ever.
    func drain(_ take: (TraceEvent) throws -> Void) throws {
        _ = try events?.consume(limit: 100_000) { [probe] record in
            if let event = probe.event(record) { try take(.connect(event)) }
        }
    }

    func read(_ looks: inout NamespaceLooks, isLast: Bool) throws(ProbeError) {
        let reading = try probe.read()
        var now = Reading(
            time: stopped ?? HostClock.monotonicNanoseconds(), wallTime: HostClock.wallSeconds(),
            PortTotals(
                backend: probe.coverage.backend, method: probe.coverage.method, connects: reading.connects,
                loss: reading.loss))
        now.ended = reading.ended
        now.ranges = ranges.look(
            after: now, since: last, own: reading.ownRanges, through: &looks, isLast: isLast)
        last = now
    }

    /// From here on nothing counts.
    func stop() throws(ProbeError) {
        stopped = HostClock.monotonicNanoseconds()
        try probe.stop()
    }
}

extension RingBuffer? {
    var descriptors: [Int32] {
        switch self {
        case let ring?: [ring.descriptor]
        case nil: []
        }
    }
}
