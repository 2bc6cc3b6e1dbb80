// SPDX-License-Identifier: Apache-2.0
import Model

/// The sockets of `DropsSample`, with what went through their accept queues.
enum ListenersSample {
    static func stats(
        accepts: UInt64, arrivals: UInt64?, waits: [UInt64] = [], depths: [UInt64] = []
    ) -> AcceptStats {
        var stats = AcceptStats(arrivals: arrivals)
        stats.accepts = accepts
        for wait in waits { stats.wait.record(wait) }
        for depth in depths { stats.depth.record(depth) }
        return stats
    }

    static var interval: DropsInterval {
        var interval = DropsSample.interval
        interval.waitBackend = .fentry
        interval.listeners[DropsSample.nginx]?.accepted = stats(
            accepts: 3, arrivals: 4, waits: [50_000_000, 100_000_000, 150_000_000], depths: [8, 9, 10, 11])
        interval.listeners[DropsSample.api]?.accepted = stats(
            accepts: 1200, arrivals: 1200, waits: Array(repeating: 20_000, count: 1200),
            depths: Array(repeating: 0, count: 1200))
        interval.listeners[DropsSample.ssh]?.accepted = stats(accepts: 0, arrivals: 0)
        for listener in interval.listeners.keys {
            interval.listeners[listener]?.queues?.somaxconn = listener == DropsSample.api ? 511 : 4096
        }
        return interval
    }

    /// The same seen by tracepoints: no causes, and nobody knows how deep the queue was.
    static var tracepoint: DropsInterval {
        var interval = interval
        interval.backend = .tracepoint
        interval.waitBackend = .tracepoint
        for listener in interval.listeners.keys {
            interval.listeners[listener]?.drops = nil
            interval.listeners[listener]?.accepted?.arrivals = nil
            interval.listeners[listener]?.accepted?.depth = Distribution()
        }
        return interval
    }

    /// Queues alone.
    static var untimed: DropsInterval {
        var interval = interval
        interval.waitBackend = nil
        for listener in interval.listeners.keys { interval.listeners[listener]?.accepted = nil }
        return interval
    }

    static var all: [DropsInterval] { [interval, tracepoint, untimed, DropsSample.nasty] }
}
