// SPDX-License-Identifier: Apache-2.0

/// What the kernel says of one network namespace, beside what is traced.
public struct NamespaceFacts: Sendable, Hashable {
    /// How a command is made to run in it: "" for tcpwhy's own, "ip netns exec blue ",
    /// "nsenter -t 123 -n ".
    public var commandPrefix: String
    public var counters: TCPCounters
    public var settings: NetworkSettings
    public var use: SocketUse
    /// When the counters were read: nanoseconds of CLOCK_MONOTONIC.
    public var time: UInt64 = 0
    /// For how long the counters counted, in seconds, if they are those of an interval. `nil`:
    /// as long as everything else.
    public var seconds: Double?

    public init(commandPrefix: String, counters: TCPCounters, settings: NetworkSettings, use: SocketUse) {
        self.commandPrefix = commandPrefix
        self.counters = counters
        self.settings = settings
        self.use = use
    }

    /// Counters of the time between; everything else as it is now.
    public func since(_ earlier: NamespaceFacts) -> NamespaceFacts {
        var result = self
        result.counters.subtract(earlier.counters)
        result.seconds = Double(time.minus(earlier.time)) / 1e9
        return result
    }
}
