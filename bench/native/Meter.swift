// SPDX-License-Identifier: Apache-2.0
import BenchConsumer
import Glibc

/// What calls took of the CPU, and how often they allocated.
struct Meter {
    private(set) var nanoseconds: UInt64 = 0
    private(set) var allocated: UInt64 = 0

    mutating func measure<Result, Failure: Error>(
        _ call: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let before = allocations()
        let start = Self.now()
        defer {
            nanoseconds += Self.now() - start
            allocated += allocations() - before
        }
        return try call()
    }

    /// CPU time of this thread: what else runs here hardly changes it.
    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    func report(_ what: String, by who: String, count: Int) {
        print(
            #"{"what":"\#(what)","who":"\#(who)","count":\#(count),"cpu_ns":\#(nanoseconds),"#
                + #""allocations":\#(allocated)}"#)
    }
}
