// SPDX-License-Identifier: Apache-2.0
import Model

/// What keeps the owner of a listening socket from taking the connections that wait there, as far
/// as a run shows it. What stops a process altogether comes before what it does by itself.
enum Hindrance: Equatable {
    /// It does not run: a signal, a debugger, or its cgroup.
    case stopped
    /// It calls accept, which fails.
    case acceptFails
    /// Its cgroup's CPU time is used up again and again.
    case throttled
    /// It wants to run, and no CPU is idle.
    case noProcessor
    /// One of its threads takes a whole CPU: how much of it, 0 to 1.
    case busy(Double)
    /// It sleeps, and not where servers wait for something to do.
    case asleep
    /// It sleeps where servers wait for something to do, and does not take what is there.
    case ready
    case unknown

    /// - Parameter queue: in which connections wait.
    init(_ queue: AcceptQueue, _ seen: Observation, _ drops: DropsInterval) {
        let owner = queue.owner
        let processes = owner.workers.compactMap { seen.processes[$0]?.scheduling }
        let looks = seen.looks(at: owner)
        if processes.contains(where: \.isStopped) || looks.isMostly(\.stopped) {
            self = .stopped
        } else if AcceptFails.failures(of: owner.pids, drops).contains(where: { $0.value > 0 }) {
            self = .acceptFails
        } else if processes.contains(where: { $0.quotas.contains(where: \.isReached) }) {
            self = .throttled
        } else if seen.isStarved(owner) {
            self = .noProcessor
        } else if let most = processes.compactMap(\.busiestThread).max(), most >= Self.wholeProcessor {
            self = .busy(min(most, 1))
        } else if looks.isMostly(\.asleep) {
            self = .asleep
        } else if looks.isMostly(\.ready) {
            self = .ready
        } else {
            self = .unknown
        }
    }

    /// A thread that is never idle loses some of its CPU to others.
    private static let wholeProcessor = 0.85

    /// Whether another finding says what it is, and more that serve would not help.
    var isOutside: Bool {
        switch self {
        case .stopped, .acceptFails, .throttled, .noProcessor: true
        case .busy, .asleep, .ready, .unknown: false
        }
    }
}

extension WaitingLooks {
    /// One look alone shows nothing.
    private static let fewest: UInt64 = 2

    func isMostly(_ what: KeyPath<WaitingLooks, UInt64>) -> Bool {
        looks >= Self.fewest && self[keyPath: what] * 2 > looks
    }

    /// Of the CPUs' time: less than this is what interrupts leave.
    private static let noIdle = 0.05
    /// The same where nobody saw whether the owner wants to run.
    fileprivate static let noIdleAtAll = 0.02

    /// Whether the process wants to run, and so do as many others as there are CPUs.
    /// - Parameter idle: share of the CPUs' time, 0 to 1.
    fileprivate func isStarved(with idle: Double) -> Bool {
        isMostly(\.running) ? idle <= Self.noIdle : looks < Self.fewest && idle <= Self.noIdleAtAll
    }
}

extension CPUQuota {
    /// A tenth of the periods: less is what a burst costs.
    private static let reachedShare = 0.1
    private static let fewestPeriods: UInt64 = 5

    /// Of the periods in which it ran, those that it was halted in. `nil`: it did not run.
    var throttledShare: Double? {
        periods > 0 ? min(Double(throttled) / Double(periods), 1) : nil
    }

    /// Whether it holds back what runs there.
    var isReached: Bool {
        throttled >= Self.fewestPeriods && throttledShare ?? 0 >= Self.reachedShare
    }
}

extension Observation {
    /// Share of the CPUs' time in which they had nothing to do. `nil`: not known.
    var idleProcessors: Double? {
        guard case .seen(let hotspots) = hotspots else { return nil }
        return (try? ProcessorUse(hotspots.cpus))?.idle
    }

    /// Whether one of them had time. `false`: not known.
    var hasIdleProcessor: Bool { idleProcessors.map { $0 > WaitingLooks.noIdleAtAll } ?? false }

    /// Whether it wants to run, and no CPU is idle, as far as is known.
    func isStarved(_ owner: Owner) -> Bool {
        idleProcessors.map { looks(at: owner).isStarved(with: $0) } ?? false
    }

    /// How those that serve were found when connections waited.
    func looks(at owner: Owner) -> WaitingLooks {
        owner.workers.reduce(into: WaitingLooks()) { sum, pid in
            if let looks = waitingLooks[pid] { sum.merge(looks) }
        }
    }
}
