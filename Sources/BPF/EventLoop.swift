// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// One wait for everything that a tracer waits for: ring buffers, signals, the
/// next interval, and another thread's wish to stop.
public struct EventLoop: ~Copyable {
    /// What a wait found, all of it since the last one.
    public struct Wakeup: Sendable, Hashable {
        /// Watched descriptors that are readable.
        public internal(set) var readable: Set<Int32> = []
        /// Signals received, in order, each once.
        public internal(set) var signals: [Int32] = []
        /// Intervals that ended: more than one if the caller was late.
        public internal(set) var ticks: UInt64 = 0
        /// Another thread pulled the trigger. Stays true from then on.
        public internal(set) var shutdown = false

        /// Nothing happened before the timeout.
        public var isEmpty: Bool { readable.isEmpty && signals.isEmpty && ticks == 0 && !shutdown }
    }

    private let epoll: FileDescriptor
    private let timer: FileDescriptor
    private let trigger: ShutdownTrigger
    private let signals: SignalFD

    /// - Parameters:
    ///   - signals: come as events from now on instead of doing what they do,
    ///     whichever thread they would have hit. One that is ignored stays so.
    ///   - interval: how often a tick comes, without drift; `nil`: none.
    public init(signals: Set<Int32> = [], interval: Duration? = nil) throws(BPFError) {
        let epoll = FileDescriptor(
            owning: try checkErrno(epoll_create1(Int32(EPOLL_CLOEXEC)), .events, "make an epoll"))
        let timer = FileDescriptor(
            owning: try checkErrno(
                timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK)), .events,
                "make a timer"))
        let trigger = try ShutdownTrigger()
        let signals = try SignalFD(signals)
        for number in [timer.number, trigger.file.number, signals.number] {
            try Self.add(number, to: epoll.number)
        }
        if let interval { try Self.setInterval(interval, of: timer.number) }
        self.epoll = epoll
        self.timer = timer
        self.trigger = trigger
        self.signals = signals
    }

    /// What other threads stop this loop with.
    public var shutdownTrigger: ShutdownTrigger { trigger }

    /// Starts ticking anew: the first tick comes one interval from now.
    public func setInterval(_ interval: Duration) throws(BPFError) {
        try Self.setInterval(interval, of: timer.number)
    }

    private static func setInterval(_ interval: Duration, of timer: Int32) throws(BPFError) {
        guard interval > .zero else {
            throw BPFError(.events, errno: EINVAL, "tick every \(interval)")
        }
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        let first = Duration.seconds(now.tv_sec) + .nanoseconds(now.tv_nsec) + interval
        // Absolute times: a late reader does not move the ticks after it.
        var times = itimerspec(it_interval: interval.timespec, it_value: first.timespec)
        try unsafe checkErrno(
            timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME), &times, nil), .events,
            "set the timer")
    }

    /// Wakes up when `descriptor` is readable, for as long as it is. It must
    /// stay open as long as it is watched.
    public func watch(_ descriptor: Int32) throws(BPFError) {
        try Self.add(descriptor, to: epoll.number)
    }

    public func unwatch(_ descriptor: Int32) throws(BPFError) {
        try checkErrno(
            epoll_ctl(epoll.number, EPOLL_CTL_DEL, descriptor, nil), .events,
            "stop watching descriptor \(descriptor)")
    }

    /// Waits until something happens, or for `timeout` at most.
    public func wait(timeout: Duration? = nil) throws(BPFError) -> Wakeup {
        let most = 16
        var events = unsafe [epoll_event](repeating: epoll_event(), count: most)
        let milliseconds = timeout?.wholeMilliseconds ?? -1
        // SAFETY: the kernel writes at most as many events as the array has.
        let count = unsafe epoll_wait(epoll.number, &events, Int32(most), milliseconds)
        var wakeup = Wakeup()
        if count < 0 {
            // A signal that nobody asked for here.
            if errno == EINTR { return wakeup }
            throw BPFError(.events, errno: errno, "wait for events")
        }
        // Not `for unsafe event in`, which swift-format 6.3 breaks.
        for descriptor in unsafe events.prefix(Int(count)).map({ unsafe $0.data.fd }) {
            if descriptor == timer.number {
                wakeup.ticks = readCounter(descriptor)
            } else if descriptor == trigger.file.number {
                wakeup.shutdown = true
            } else if descriptor == signals.number {
                wakeup.signals = signals.received()
            } else {
                wakeup.readable.insert(descriptor)
            }
        }
        return wakeup
    }

    private static func add(_ descriptor: Int32, to epoll: Int32) throws(BPFError) {
        var event = unsafe epoll_event()
        unsafe event.events = EPOLLIN.rawValue
        unsafe event.data.fd = descriptor
        try unsafe checkErrno(
            epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event), .events,
            "watch descriptor \(descriptor)")
    }
}

/// The eight bytes that a timerfd or an eventfd gives; 0 if there are none yet.
func readCounter(_ descriptor: Int32) -> UInt64 {
    var count: UInt64 = 0
    // SAFETY: reads into a variable of that size.
    let got = retryingInterrupts { unsafe read(descriptor, &count, 8) }
    return got == 8 ? count : 0
}
