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
    private var looks = NamespaceLooks()
    /// `nil`: not begun, or over.
    private var ticker: Ticker?
    private var isOver = false

    /// - Parameter note: is told, a line each, what a reader must know beside the figures.
    public init(_ questions: Questions, _ pace: Pace, note: @escaping (String) -> Void) throws {
        self.questions = questions
        self.pace = pace
        notes = Notes(note)
        places = try Places(questions)
    }

    public func next(_ take: (TraceEvent) throws -> Void) throws -> Update? {
        guard let turn = try ticker?.wait() else { return isOver ? nil : .first(try begin()) }
        switch turn {
        case .readable:
            try drain(take)
            return .events
        case .tick:
            return .tick(try read(take))
        case .end:
            ticker = nil
            isOver = true
            return .last(try end(take))
        }
    }

    private func begin() throws -> Snapshot {
        try attach()
        let first = snapshot()
        ticker = try Ticker(pace, since: first.time, watching: descriptors)
        return first
    }

    private func attach() throws {
        // Every probe asks for the kernel's types.
        BTF.keep()
        defer { BTF.letGo() }
        if let question = questions.ports {
            ports = .seen(try PortsPart(question, of: questions, in: places, notes: notes))
        }
    }

    private var descriptors: [Int32] { ports.value?.descriptors ?? [] }

    private func drain(_ take: (TraceEvent) throws -> Void) throws {
        try ports.value?.drain(take)
    }

    /// One look at everything.
    private func read(_ take: (TraceEvent) throws -> Void, isLast: Bool = false) throws -> Snapshot {
        turn()
        waitForPrograms()
        try ports.value?.read(&looks, isLast: isLast)
        return snapshot()
    }

    /// Closes what the probes count into, so that it can be read while they go on counting.
    private func turn() {}

    /// Until no program counts into what was closed.
    private func waitForPrograms() {}

    private func end(_ take: (TraceEvent) throws -> Void) throws -> Snapshot {
        try ports.value?.stop()
        try drain(take)
        return try read(take, isLast: true)
    }

    /// Of what was read last.
    private func snapshot() -> Snapshot {
        var snapshot = Snapshot(time: HostClock.monotonicNanoseconds())
        snapshot.ports = ports.map(\.last)
        return snapshot
    }
}
