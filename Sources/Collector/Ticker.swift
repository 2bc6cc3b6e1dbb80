// SPDX-License-Identifier: Apache-2.0
import BPF
import Glibc
import Host

/// The pace of a run: ticks until so many of them or seconds are over or a signal comes, and
/// events in between.
struct Ticker: ~Copyable {
    enum Turn {
        /// A ring buffer has something.
        case readable
        case tick
        case end
    }

    private let loop: EventLoop
    /// Ticks that are still wanted; `nil`: any number.
    private var ticksLeft: Int?
    /// CLOCK_MONOTONIC nanoseconds; `nil`: until a signal comes.
    private let end: UInt64?
    private var isTickDue = false
    private var isEnding = false

    /// - Parameters:
    ///   - start: CLOCK_MONOTONIC nanoseconds, from which on the duration counts.
    ///   - descriptors: of ring buffers.
    init(_ pace: Pace, since start: UInt64, watching descriptors: [Int32]) throws(BPFError) {
        let loop = try EventLoop(signals: [SIGINT, SIGTERM, SIGHUP], interval: .seconds(pace.interval))
        for descriptor in descriptors { try loop.watch(descriptor) }
        self.loop = loop
        ticksLeft = pace.count
        end = pace.duration.map { start + UInt64($0 * 1e9) }
    }

    mutating func wait() throws(BPFError) -> Turn {
        while true {
            if isEnding { return .end }
            if isTickDue {
                isTickDue = false
                ticksLeft = ticksLeft.map { $0 - 1 }
                if ticksLeft == 0 { isEnding = true }
                return .tick
            }
            let wakeup = try loop.wait(timeout: end.map(Self.remaining))
            let isOver = end.map { HostClock.monotonicNanoseconds() >= $0 } ?? false
            if !wakeup.signals.isEmpty || isOver {
                isEnding = true
            } else if wakeup.ticks > 0 {
                isTickDue = true
            }
            if !wakeup.readable.isEmpty { return .readable }
        }
    }

    private static func remaining(until end: UInt64) -> Duration {
        let now = HostClock.monotonicNanoseconds()
        return .nanoseconds(end > now ? Int64(end - now) : 0)
    }
}
