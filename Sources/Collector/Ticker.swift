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
        /// A part of the time to the next tick is over.
        case look
        case tick
        case end
    }

    private let loop: EventLoop
    private let looksPerTick: Int
    private var looks = 0
    /// Ticks that are still wanted; `nil`: any number.
    private var ticksLeft: Int?
    /// CLOCK_MONOTONIC nanoseconds; `nil`: until a signal comes.
    private let end: UInt64?
    private var isLookDue = false
    private var isEnding = false

    /// - Parameters:
    ///   - looks: how many there are to a tick, which is the last of them.
    ///   - start: CLOCK_MONOTONIC nanoseconds, from which on the duration counts.
    ///   - descriptors: of ring buffers.
    init(
        _ pace: Pace, looks: Int = 1, since start: UInt64, watching descriptors: [Int32]
    ) throws(BPFError) {
        looksPerTick = looks
        let loop = try EventLoop(
            signals: [SIGINT, SIGTERM, SIGHUP], interval: .seconds(pace.interval / Double(looks)))
        for descriptor in descriptors { try loop.watch(descriptor) }
        self.loop = loop
        ticksLeft = pace.count
        end = pace.duration.map { start + UInt64($0 * 1e9) }
    }

    mutating func wait() throws(BPFError) -> Turn {
        while true {
            if isEnding { return .end }
            if isLookDue {
                isLookDue = false
                if looks < looksPerTick { return .look }
                looks %= looksPerTick
                ticksLeft = ticksLeft.map { $0 - 1 }
                if ticksLeft == 0 { isEnding = true }
                return .tick
            }
            let wakeup = try loop.wait(timeout: end.map(Self.remaining))
            let isOver = end.map { HostClock.monotonicNanoseconds() >= $0 } ?? false
            if !wakeup.signals.isEmpty || isOver {
                isEnding = true
            } else if wakeup.ticks > 0 {
                isLookDue = true
                looks += Int(wakeup.ticks)
            }
            if !wakeup.readable.isEmpty { return .readable }
        }
    }

    private static func remaining(until end: UInt64) -> Duration {
        let now = HostClock.monotonicNanoseconds()
        return .nanoseconds(end > now ? Int64(end - now) : 0)
    }
}
