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
        looks = NamespaceLooks(only: places.netns, LookBudget(share: questions.lookShare), notes)
    }

    public func next(_ take: (TraceEvent) throws -> Void) throws -> Update? {
        guard let turn = try ticker?.wait() else { return isOver ? nil : .first(try begin()) }
        switch turn {
        case .readable:
            try drain(take)
            return .events
        case .look:
            _ = try read(isShown: false)
            return .events
        case .tick:
            return .tick(try read())
        case .end:
            isOver = true
            let last = try end(take)
            // Until now a signal asks for an end that is on its way.
            ticker = nil
            return .last(last)
        }
    }

    private func begin() throws -> Snapshot {
        try attach()
        try listeners.value?.noteWaiting(&looks)
        let start = HostClock.monotonicNanoseconds()
        try listeners.value?.start()
        try ways.value?.start(at: start)
        let first = try readFirst(at: start)
        ticker = try Ticker(pace, looks: looksPerTick, since: start, watching: descriptors)
        return first
    }

    private func attach() throws {
        // Several probes ask for the kernel's types; for one alone they would be kept for nothing.
        if questions.listeners != nil || questions.ways { BTF.keep() }
        defer { BTF.letGo() }
        if let question = questions.listeners {
            listeners = try question.need.attach { () throws(BPFError) in
                try ListenersPart(
                    question, of: questions, in: places, budget: looks.budget, notes: notes)
            }
        }
        if let question = questions.ports {
            ports = try question.need.attach { () throws(BPFError) in
                try PortsPart(question, of: questions, in: places, notes: notes)
            }
        }
        if let question = questions.samples {
            samples = try question.need.attach { () throws(BPFError) in
                try SamplesPart(question, of: questions, in: places, &names)
            }
        }
        if questions.ways { ways = .seen(try WaysPart(of: questions, in: places)) }
        try dropPrivileges()
    }

    /// From here on this only reads: whoever got hold of it could do little more.
    private func dropPrivileges() throws {
        try GracePeriod.prepare()
        var isReadingPrivileged = false
        do { try Capabilities.withNone { try GracePeriod.wait() } } catch let error as BPFError
            where error.code == .permission
        { isReadingPrivileged = true }
        let isElsewhere = try places.netns?.inode != NetworkNamespace.ownInode()
        try Capabilities.keepOnly(
            questions.capabilitiesKept(isElsewhere: isElsewhere, isReadingPrivileged: isReadingPrivileged))
    }

    /// The kernel's tables hold what was since the last look: of samples that is to be a second, of
    /// all else ten.
    private var looksPerTick: Int {
        Int((pace.interval / (samples.value == nil ? 10 : 1)).rounded(.up))
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

    /// What later readings are compared with.
    private func readFirst(at start: UInt64) throws -> Snapshot {
        try ports.value?.read(at: start, &names, ended: [], isShown: true)
        try samples.value?.begin(names)
        try look(facts: questions.machine, anew: true)
        try listeners.value?.read(at: start, isFirst: true, isLast: false)
        if questions.machine { machine.read(&looks, listeners.value?.last, ports.value?.last) }
        return snapshot()
    }

    /// One reading of everything: at namespaces first, so that what the kernel counted there the
    /// probes have counted, too; then of what they counted, all of it up to the same moment.
    /// - Parameters:
    ///   - stopped: when counting ended: this is the last one.
    ///   - isShown: whether an interval ends here.
    private func read(stopped: UInt64? = nil, isShown: Bool = true) throws -> Snapshot {
        let isLast = stopped != nil
        if isShown { try look(facts: questions.machine && isLast, anew: isLast) }
        let time = stopped ?? HostClock.monotonicNanoseconds()
        // Before the turn: of these there will be no more.
        let ended = names.ended()
        try turn()
        try GracePeriod.wait()
        try listeners.value?.read(at: time, isFirst: false, isLast: isLast)
        try ports.value?.read(at: time, &names, ended: ended, isShown: isShown)
        if isShown { ports.value?.look(&looks, isLast: isLast) }
        try samples.value?.read(&names, ended: ended, isShown: isShown, isLast: isLast)
        try ways.value?.read(at: time, &names)
        names.forget(ended)
        for remark in names.takeRemarks() { notes.note(remark, remark) }
        if isLast { listeners.value?.look(at: &looks) }
        if questions.machine {
            if isShown, let sockets = listeners.value?.last {
                machine.look(at: sockets, within: looks.budget)
            }
            if isLast {
                machine.read(&looks, listeners.value?.last, ports.value?.last)
                machine.readFirewalls(&looks, listeners.value?.last)
            }
        }
        return snapshot()
    }

    /// - Parameters:
    ///   - facts: whether to read everything that the kernel says of a namespace.
    ///   - anew: nothing that is known is relied on.
    private func look(facts: Bool, anew: Bool) throws {
        looks.begin()
        guard listeners.value != nil || facts else { return }
        try looks.look(for: listeners.value?.probe, facts: facts, anew: anew)
        listeners.value?.take(looks)
    }

    /// Closes what the probes count into, so that it can be read while they go on counting: once no
    /// program counts there any more. One wait for all of them; and each of them is read then, since
    /// the turn after the next one counts there again.
    private func turn() throws(BPFError) {
        try listeners.value?.turn()
        try ports.value?.turn()
        try samples.value?.turn()
        try ways.value?.turn()
    }

    /// Everything is read before anything is detached, which takes its time: what was under way,
    /// and what was not seen, is known only afterwards.
    private func end(_ take: (TraceEvent) throws -> Void) throws -> Snapshot {
        let stopped = HostClock.monotonicNanoseconds()
        try listeners.value?.stop()
        try ports.value?.stop()
        try ways.value?.stop()
        samples.value?.stop()
        try drain(take, isLast: true)
        _ = try read(stopped: stopped)
        try ports.value?.detach(&names)
        try listeners.value?.detach()
        try ways.value?.detach()
        try drain(take, isLast: true)
        return snapshot()
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
