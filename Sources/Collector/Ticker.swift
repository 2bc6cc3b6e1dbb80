// SPDX-License-Identifier: Apache-2.0
import BPF
import Glibc
import Host

/// The pace of a run: ticks until so many of them or seconds are over or a signal comes, and
/// events and pauses in between.
struct Ticker: ~Copyable {
    enum Turn {
        /// A ring buffer has something.
        case readable
        case tick
        /// It is long until the next tick: what the kernel's tables hold is to be taken out.
        case pause
        case end
    }

    private let loop: EventLoop
    /// Ticks that are still wanted; `nil`: any number.
    private var ticksLeft: Int?
    /// CLOCK_MONOTONIC nanoseconds; `nil`: until a signal comes.
    private let end: UInt64?
    private var isTickDue = false
    /// When it last ticked or paused.
    private var lastTurn = HostClock.monotonicNanoseconds()

    /// Nanoseconds: what comes and goes in that time has room in the kernel's tables.
    private static let longestPause: UInt64 = 10_000_000_000

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
                lastTurn = HostClock.monotonicNanoseconds()
                ticksLeft = ticksLeft.map { $0 - 1 }
                if ticksLeft == 0 { isEnding = true }
                return .tick
            }
            let until = min(end ?? .max, lastTurn &+ Self.longestPause)
            let wakeup = try loop.wait(timeout: Self.remaining(until: until))
            let isOver = end.map { HostClock.monotonicNanoseconds() >= $0 } ?? false
            if !wakeup.signals.isEmpty || isOver {
                isEnding = true
            } else if wakeup.ticks > 0 {
                isTickDue = true
            }
            if !wakeup.readable.isEmpty { return .readable }
            if !isEnding, !isTickDue, HostClock.monotonicNanoseconds() >= lastTurn &+ Self.longestPause {
                lastTurn = HostClock.monotonicNanoseconds()
                return .pause
            }
        }
    }

    private static func remaining(until end: UInt64) -> Duration {
        let now = HostClock.monotonicNanoseconds()
        return .nanoseconds(end > now ? Int64(end - now) : 0)
    }
}
