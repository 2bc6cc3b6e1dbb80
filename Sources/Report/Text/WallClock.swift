// SPDX-License-Identifier: Apache-2.0

/// Turns the kernel's timestamps into times of day.
public struct WallClock: Sendable, Hashable {
    /// Nanoseconds since 1970 (CLOCK_REALTIME) minus CLOCK_MONOTONIC.
    public var offset: Int64
    /// Seconds that local time is ahead of UTC; JSON does not use it.
    public var utcOffset: Int

    public init(offset: Int64, utcOffset: Int = 0) {
        self.offset = offset
        self.utcOffset = utcOffset
    }

    /// Milliseconds since 1970, UTC, of a CLOCK_MONOTONIC time in nanoseconds.
    func milliseconds(of monotonic: UInt64) -> Int64 {
        (Int64(truncatingIfNeeded: monotonic) &+ offset) / 1_000_000
    }
}
