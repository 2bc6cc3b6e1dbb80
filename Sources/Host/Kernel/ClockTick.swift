// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The unit of times in `/proc/PID/stat`.
enum ClockTick {
    /// `nil`: the kernel did not say.
    static let nanoseconds: UInt64? = nanoseconds(perSecond: sysconf(Int32(_SC_CLK_TCK)))

    static func nanoseconds(perSecond ticks: Int) -> UInt64? {
        (1...1_000_000_000).contains(ticks) ? 1_000_000_000 / UInt64(ticks) : nil
    }
}
