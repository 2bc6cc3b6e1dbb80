// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
public import Model
import Probes

/// Traces this machine: attaches what the questions take, and reads all of it at each tick.
public final class Collector: SnapshotSource {
    private let questions: Questions
    private let pace: Pace
    private let places: Places
    private let notes: Notes
    private var ports: Seen<PortsPart> = .notAsked
    private var listeners: Seen<ListenersPart> = .notAsked
    private var samples: Seen<SamplesPart> = .notAsked
    private var ways: Seen<WaysPart> = .notAsked
    private var machine = MachinePart()
    private var names = FrameNames()
    private var looks: NamespaceLooks
    /// `nil`: not begun, or over.
    private var ticker: Ticker?
    private var isOver = false

    /// - Parameter note: is told, a line each, what a reader must know beside the figures.
    public init(_ questions: Questions, _ pace: Pace, note: @escaping (String) -> Void) throws {
        self.questions = questions
        self.pace = pace
        notes = Notes(note)
        places = try Places(questions)
        looks = NamespaceLooks(only: places.netns, notes)
    }

    public func next(_ take: (TraceEvent) throws -> Void) throws -> Update? {
        guard let turn = try ticker?.wait() else { return isOver ? nil : .first(try begin()) }
        switch turn {
        case .readable:
            try drain(take)
            return .events
        case .tick:
            return .tick(try read(.tick))
        case .end:
            ticker = nil
            isOver = true
            return .last(try end(take))
        }
    }

    private func begin() throws -> Snapshot {
        try attach()
        try listeners.value?.start(&looks)
        try ways.value?.start()
        let first = try read(.first)
        ticker = try Ticker(pace, since: first.time, watching: descriptors)
        return first
    }

    private func attach() throws {
        // Every probe asks for the kernel's types.
        BTF.keep()
        defer { BTF.letGo() }
        if let question = questions.listeners {
            listeners = try question.need.attach { () throws(ProbeError) in
                try ListenersPart(question, of: questions, in: places, notes: notes)
            }
        }
        if let question = questions.ports {
            ports = try question.need.attach { () throws(ProbeError) in
                try PortsPart(question, of: questions, in: places, notes: notes)
            }
        }
        if let question = questions.samples {
            samples = try question.need.attach { () throws(ProbeError) in
                try SamplesPart(question, of: questions, in: places, &names)
            }
        }
        if questions.ways { ways = .seen(try WaysPart(of: questions, in: places)) }
    }

    private var descriptors: [Int32] {
        (ports.value?.descriptors ?? []) + (listeners.value?.descriptors ?? [])
            + (samples.value?.descriptors ?? [])
    }

    private func drain(_ take: (TraceEvent) throws -> Void, isLast: Bool = false) throws {
        samples.value?.drain(names)
        try ports.value?.drain(take, names)
        try listeners.value?.drain(take, isLast: isLast)
    }

    private enum Moment {
        case first, tick, last
    }

    /// One look at everything: at namespaces first, so that what the kernel counted there the
    /// probes have counted, too; then at what they counted.
    private func read(_ moment: Moment) throws -> Snapshot {
        let isLast = moment == .last
        if moment == .first { try ports.value?.read() }
        looks.begin()
        let readsFacts = questions.machine && moment != .tick
        if listeners.value != nil || readsFacts {
            try looks.look(
                for: listeners.value?.probe, facts: readsFacts, anew: isLast || readsFacts)
            listeners.value?.take(looks)
        }
        turn()
        waitForPrograms()
        try listeners.value?.read(isFirst: moment == .first, isLast: isLast)
        if moment == .first {
            try samples.value?.begin(names)
        } else {
            try ports.value?.read()
            ports.value?.look(&looks, isLast: isLast)
            try samples.value?.read(&names, isLast: isLast)
        }
        if readsFacts { machine.read(looks, listeners.value?.last) }
        if isLast {
            ports.value?.name(&names)
            try ways.value?.read(&names)
        }
        return snapshot()
    }

    /// Closes what the probes count into, so that it can be read while they go on counting.
    private func turn() {}

    /// Until no program counts into what was closed.
    private func waitForPrograms() {}

    /// Everything is read before anything is detached, which takes its time: what counted until
    /// then, and what was not seen, is known only afterwards.
    private func end(_ take: (TraceEvent) throws -> Void) throws -> Snapshot {
        try listeners.value?.stop()
        try ports.value?.stop()
        try ways.value?.stop()
        samples.value?.stop()
        try drain(take, isLast: true)
        _ = try read(.last)
        try ports.value?.detach()
        try listeners.value?.detach()
        try ways.value?.detach()
        try drain(take, isLast: true)
        ports.value?.name(&names)
        var last = snapshot()
        last.frames = names.table
        return last
    }

    /// Of what was read last.
    private func snapshot() -> Snapshot {
        var snapshot = Snapshot(
            time: HostClock.monotonicNanoseconds(), wallOffset: HostClock.wallOffsetNanoseconds())
        snapshot.ports = ports.map(\.last)
        snapshot.drops = listeners.map(\.last)
        snapshot.samples = samples.map(\.last)
        snapshot.ways = ways.map(\.last)
        if questions.machine { snapshot.machine = .seen(machine.last) }
        return snapshot
    }
}
