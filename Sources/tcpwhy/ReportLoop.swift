// SPDX-License-Identifier: Apache-2.0
import BPF
import Glibc
import Host

/// Reports at every interval until so many reports or seconds are over or a signal comes.
struct ReportLoop: ~Copyable {
    private let loop: EventLoop

    init(every seconds: Double) throws {
        loop = try EventLoop(signals: [SIGINT, SIGTERM, SIGHUP], interval: .seconds(seconds))
    }

    /// - Parameters:
    ///   - end: CLOCK_MONOTONIC nanoseconds.
    ///   - descriptor: of a ring buffer; `readable` runs when it has something.
    func run(
        reports: Int?, until end: UInt64?, watching descriptor: Int32? = nil,
        readable: () throws -> Void = {}, report: () throws -> Void
    ) throws {
        if let descriptor { try loop.watch(descriptor) }
        var reported = 0
        while true {
            let wakeup = try loop.wait(timeout: end.map(Self.remaining))
            if !wakeup.readable.isEmpty { try readable() }
            if !wakeup.signals.isEmpty { return }
            if let end, HostClock.monotonicNanoseconds() >= end { return }
            if wakeup.ticks > 0 {
                try report()
                reported += 1
                if reported == reports { return }
            }
        }
    }

    private static func remaining(until end: UInt64) -> Duration {
        let now = HostClock.monotonicNanoseconds()
        return .nanoseconds(end > now ? Int64(end - now) : 0)
    }
}
