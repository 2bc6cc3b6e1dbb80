// SPDX-License-Identifier: Apache-2.0
import Glibc
public import Model

extension ProcessScheduling {
    /// Threads of one process whose CPU time is read.
    private static let mostThreads = 256

    /// `nil`: there is no such process any more.
    public init?(pid: UInt32, _ cgroups: inout CgroupLimits) {
        guard let line = try? readText("/proc/\(pid)/stat"), let stat = ThreadStat(line) else { return nil }
        self.init(
            state: stat.state, threads: Self.threads(of: pid), time: HostClock.monotonicNanoseconds())
        guard let places = try? readText("/proc/\(pid)/cgroup") else { return }
        (quotas, frozen) = cgroups.limits(of: places)
    }

    private static func threads(of pid: UInt32) -> [UInt32: UInt64] {
        var times: [UInt32: UInt64] = [:]
        for thread in ProcessThreads.all(of: pid, atMost: mostThreads) {
            // With nanoseconds, where the kernel keeps them; else in clock ticks.
            if let text = try? readText("/proc/\(pid)/task/\(thread)/schedstat"),
                let first = text.split(separator: " ").first, let nanoseconds = UInt64(first)
            {
                times[thread] = nanoseconds
            } else if let text = try? readText("/proc/\(pid)/task/\(thread)/stat"),
                let stat = ThreadStat(text), let tick = ClockTick.nanoseconds
            {
                times[thread] = stat.ticks &* tick
            }
        }
        return times
    }
}

/// The threads of a process.
enum ProcessThreads {
    static func all(of pid: UInt32, atMost most: Int) -> [UInt32] {
        var threads: [UInt32] = []
        OpenDirectory("/proc/\(pid)/task")?.forEachName { name in
            if threads.count < most, let thread = UInt32(String(cString: name)) { threads.append(thread) }
        }
        return threads
    }
}

/// What is needed of `/proc/PID/stat`.
struct ThreadStat: Equatable {
    let state: ProcessState
    /// Of CPU time, in user mode and in the kernel: clock ticks.
    let ticks: UInt64

    /// - Parameter line: "28379 (sleep) S 28377 …": the name may hold anything, parentheses too.
    init?(_ line: String) {
        guard let end = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        // From field 3, the state; 14 and 15 are utime and stime.
        guard fields.count > 12, let letter = fields[0].first, let state = ProcessState(rawValue: letter),
            let user = UInt64(fields[11]), let system = UInt64(fields[12])
        else { return nil }
        self.state = state
        ticks = user &+ system
    }
}
