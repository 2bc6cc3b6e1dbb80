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
    /// Of processes whose searches are summed up by stack for the first time.
    private var processes: RingBuffer?
    private(set) var last: PortsSnapshot
    /// The reading that was shown before.
    private var before: PortsSnapshot
    private var isLastShown = true
    /// IP_LOCAL_PORT_RANGE where a socket had it.
    private var ownRanges: [Destination: ClosedRange<UInt16>] = [:]

    init(
        _ question: PortsQuestion, of questions: Questions, in places: Places, notes: Notes
    ) throws(BPFError) {
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
        options.fullUnixSockets = question.fullUnixSockets
        options.events = question.events
        if question.events { options.ringBytes = 1 << 23 }
        if case .searchStacks = question.form { options.stacks = true }
        let probe =
            question.form == .connects ? try ConnectProbe(options) : try PortSearchTrace.start(options)
        self.probe = probe
        events = question.events ? try probe.openRing() : nil
        processes = options.stacks ? try probe.openProcessRing() : nil
        ranges = RangeLooks(question.ranges, probe.coverage, notes)
        ranges.prepare()
        last = Reading(
            time: HostClock.monotonicNanoseconds(), wallTime: HostClock.wallSeconds(),
            PortTotals(backend: probe.coverage.backend, method: probe.coverage.method))
        before = last
    }

    /// Of the ring buffers that have events.
    var descriptors: [Int32] { events.descriptors + processes.descriptors }

    /// Hands over the events that are there; when more come all the time, not for ever.
    func drain(_ take: (TraceEvent) throws -> Void, _ names: FrameNames) throws {
        noteProcesses(names)
        _ = try events?.consume(limit: 100_000) { [probe] record in
            if let event = probe.event(record) { try take(.connect(event)) }
        }
    }

    private func noteProcesses(_ names: FrameNames) {
        processes?.consume { [probe] record in
            if let pid = probe.process(record) { names.note(pid: pid) }
        }
    }

    /// From here on what happens is for the reading after the next.
    func turn() throws(BPFError) { try probe.turn() }

    /// - Parameters:
    ///   - time: up to which it counts.
    ///   - ended: processes that search no more.
    ///   - isShown: whether an interval ends here.
    func read(
        at time: UInt64, _ names: inout FrameNames, ended: [UInt32], isShown: Bool
    ) throws(BPFError) {
        let reading = try probe.read()
        var searches = last.searches
        // It is added to in place: there must be one of it only.
        last.searches = nil
        if isLastShown {
            before = last
            ownRanges = [:]
        }
        isLastShown = isShown
        last = Reading(
            time: time, wallTime: HostClock.wallSeconds(),
            PortTotals(
                backend: probe.coverage.backend, method: probe.coverage.method, connects: reading.connects,
                loss: reading.loss))
        last.ended = reading.ended
        last.fullUnixSockets = reading.fullUnixSockets
        ownRanges.merge(reading.ownRanges) { $1 }
        guard case .searchStacks(let weight, let naming) = question.form else { return }
        noteProcesses(names)
        add(probe.takeSearches(), weight, naming, to: &searches, &names)
        last.searches = searches
        try probe.forget(ended)
    }

    /// By the names of the stacks' functions; trampolines have names as long as they are there.
    private func add(
        _ new: PortSearchSamples, _ weight: StackWeight, _ naming: StackNaming, to costs: inout StackCosts?,
        _ names: inout FrameNames
    ) {
        var samples = new.samples(of: weight == .portTime ? \.nanoseconds : \.tried)
        samples.unplaced = samples.counts.removeValue(forKey: .otherSearches) ?? 0
        naming.leaveOut(from: &samples)
        costs = costs ?? StackCosts(keepsProcesses: naming.keepsProcesses)
        costs?.add(
            names.stacks(of: samples, endingIn: FrameNames.searches), SampleLoss(of: samples))
    }

    /// How full the ranges are of destinations that were connected to since the last time.
    func look(_ looks: inout NamespaceLooks, isLast: Bool) {
        last.ranges = ranges.look(
            after: last, since: before, own: ownRanges, through: &looks, isLast: isLast)
    }

    /// From here on nothing counts. `detach` takes its time after that.
    func stop() throws(BPFError) { try probe.stop() }

    /// What was under way is counted as far as it went.
    func detach(_ names: inout FrameNames) throws(BPFError) {
        try probe.detach()
        let (ranges, reading) = (last.ranges, before)
        try read(at: last.time, &names, ended: [], isShown: true)
        last.ranges = ranges
        before = reading
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
