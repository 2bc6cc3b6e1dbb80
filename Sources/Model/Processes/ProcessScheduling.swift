// SPDX-License-Identifier: Apache-2.0

/// How a process runs: what keeps it from taking a connection that waits.
public struct ProcessScheduling: Sendable, Hashable {
    public var state: ProcessState
    /// CPU time of its threads by their ids, nanoseconds: since each began, or of an interval.
    /// Bounded: of a process with very many threads, some.
    public var threads: [UInt32: UInt64]
    /// When that was read: nanoseconds of CLOCK_MONOTONIC.
    public var time: UInt64
    /// How long the interval is, nanoseconds. `nil`: there was no earlier reading.
    public var elapsed: UInt64?
    /// Of its cgroup and those above, the ones that bound the CPU time.
    public var quotas: [CPUQuota] = []
    /// Of its cgroup and those above, one that is frozen. `nil`: none is.
    public var frozen: FrozenCgroup?

    public init(state: ProcessState, threads: [UInt32: UInt64], time: UInt64) {
        self.state = state
        self.threads = threads
        self.time = time
    }

    /// CPU time and throttling of the time between; everything else as it is now.
    public func since(_ earlier: ProcessScheduling) -> ProcessScheduling {
        var rest = self
        rest.elapsed = time.minus(earlier.time)
        for (thread, before) in earlier.threads {
            if let now = threads[thread] { rest.threads[thread] = now.minus(before) }
        }
        let before = Dictionary(earlier.quotas.map { ($0.directory, $0) }) { first, _ in first }
        rest.quotas = quotas.map { quota in before[quota.directory].map(quota.since) ?? quota }
        return rest
    }

    /// Of one CPU, how much its busiest thread took, 0 to 1. `nil`: not known.
    public var busiestThread: Double? {
        guard let elapsed, elapsed > 0, let most = threads.values.max() else { return nil }
        return Double(most) / Double(elapsed)
    }

    /// Of one CPU, how much all its threads took together. `nil`: not known.
    public var processors: Double? {
        guard let elapsed, elapsed > 0, !threads.isEmpty else { return nil }
        return Double(threads.values.reduce(0, &+)) / Double(elapsed)
    }

    /// Whether a signal, a debugger or its cgroup keeps it from running at all.
    public var isStopped: Bool { state == .stopped || state == .traced || frozen != nil }
}

/// What a process does, by the letter of `/proc/PID/stat` (`task_state_array`, fs/proc/array.c).
public enum ProcessState: Character, Sendable, Hashable {
    case running = "R"
    case sleeping = "S"
    case diskSleep = "D"
    /// By SIGSTOP, SIGTSTP, SIGTTIN or SIGTTOU, until SIGCONT.
    case stopped = "T"
    /// By a debugger.
    case traced = "t"
    case dead = "X"
    case zombie = "Z"
    case parked = "P"
    case idle = "I"
}

/// A bound on the CPU time of a cgroup (`cpu.max`, or version 1's `cpu.cfs_quota_us`), and how
/// often it was reached (`cpu.stat`).
public struct CPUQuota: Sendable, Hashable {
    /// The cgroup's directory.
    public var directory: String
    public var isVersion1: Bool
    /// Microseconds of CPU time that it may have in each period, of all CPUs together.
    public var quota: UInt64
    /// Microseconds.
    public var period: UInt64
    /// Periods in which it ran, since it was made or of an interval.
    public var periods: UInt64 = 0
    /// Those of them in which it used all of its quota and was halted.
    public var throttled: UInt64 = 0
    /// For how long it was halted, nanoseconds: of each CPU on which it was.
    public var halted: UInt64 = 0

    public init(directory: String, isVersion1: Bool, quota: UInt64, period: UInt64) {
        self.directory = directory
        self.isVersion1 = isVersion1
        self.quota = quota
        self.period = period
    }

    /// Counts of the time between; the bound as it is now.
    func since(_ earlier: CPUQuota) -> CPUQuota {
        var rest = self
        rest.periods = periods.minus(earlier.periods)
        rest.throttled = throttled.minus(earlier.throttled)
        rest.halted = halted.minus(earlier.halted)
        return rest
    }

    /// CPUs that it may keep busy.
    public var processors: Double { period > 0 ? Double(quota) / Double(period) : 0 }
}

/// A cgroup whose processes do not run until it is thawed.
public struct FrozenCgroup: Sendable, Hashable {
    public var directory: String
    /// `freezer.state` instead of `cgroup.freeze`.
    public var isVersion1: Bool

    public init(directory: String, isVersion1: Bool) {
        self.directory = directory
        self.isVersion1 = isVersion1
    }
}

/// How many files a process may have open, sockets among them (RLIMIT_NOFILE).
public struct OpenFileLimit: Sendable, Hashable {
    /// The one in force. `nil`: no limit.
    public var soft: UInt64?
    /// Up to where the process itself may raise it. `nil`: no limit.
    public var hard: UInt64?
    /// How many it has open. `nil`: not known, or too many to count.
    public var open: UInt64?

    public init(soft: UInt64?, hard: UInt64?, open: UInt64?) {
        self.soft = soft
        self.hard = hard
        self.open = open
    }
}

/// How many files the whole machine may have open (`fs.file-nr`, `fs.file-max`), and the most
/// that RLIMIT_NOFILE can be set to (`fs.nr_open`). `nil`: not known.
public struct FileTable: Sendable, Hashable {
    public var open: UInt64?
    public var maximum: UInt64?
    public var mostPerProcess: UInt64?

    public init(open: UInt64? = nil, maximum: UInt64? = nil, mostPerProcess: UInt64? = nil) {
        self.open = open
        self.maximum = maximum
        self.mostPerProcess = mostPerProcess
    }
}
