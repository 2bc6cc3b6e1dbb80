// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The two clocks that a trace has to do with, in nanoseconds.
public enum HostClock {
    /// Since boot, sleep left out: what `bpf_ktime_get_ns()` gives.
    public static func monotonicNanoseconds() -> UInt64 {
        UInt64(nanoseconds(CLOCK_MONOTONIC))
    }

    /// CPU time of this process, all of its threads, those in the kernel included.
    public static func processNanoseconds() -> UInt64 {
        UInt64(nanoseconds(CLOCK_PROCESS_CPUTIME_ID))
    }

    /// Since 1970.
    public static func wallNanoseconds() -> Int64 {
        nanoseconds(CLOCK_REALTIME)
    }

    /// Since 1970, UTC.
    public static func wallSeconds() -> Double { Double(wallNanoseconds()) / 1e9 }

    /// What to add to a monotonic time for the wall time. It changes when
    /// somebody sets the clock.
    public static func wallOffsetNanoseconds() -> Int64 {
        var best = (window: Int64.max, offset: Int64(0))
        // The closest of three: a thread may lose its CPU in between.
        for _ in 0..<3 {
            let before = nanoseconds(CLOCK_MONOTONIC)
            let wall = nanoseconds(CLOCK_REALTIME)
            let after = nanoseconds(CLOCK_MONOTONIC)
            if after - before < best.window {
                best = (after - before, wall - (before + (after - before) / 2))
            }
        }
        return best.offset
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
