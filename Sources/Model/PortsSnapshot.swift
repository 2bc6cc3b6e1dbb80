// SPDX-License-Identifier: Apache-2.0

/// Everything `tcpwhy ports` knows at one moment: totals since the trace began.
/// An interval is a later snapshot minus an earlier one.
public struct PortsSnapshot: Sendable {
    /// Nanoseconds of CLOCK_MONOTONIC.
    public var time: UInt64
    /// Seconds since 1970, UTC.
    public var wallTime: Double
    public var backend: Backend
    public var connects: [ConnectKey: ConnectStats]
    /// As of `time`, not totals.
    public var ranges: [PortRange]
    public var loss: Loss

    public init(
        time: UInt64, wallTime: Double, backend: Backend, connects: [ConnectKey: ConnectStats],
        ranges: [PortRange], loss: Loss
    ) {
        self.time = time
        self.wallTime = wallTime
        self.backend = backend
        self.connects = connects
        self.ranges = ranges
        self.loss = loss
    }
}
