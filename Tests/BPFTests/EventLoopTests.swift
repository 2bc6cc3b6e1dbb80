// SPDX-License-Identifier: Apache-2.0
import BPF
import CLinux
import Glibc
import Testing

@Suite struct EventLoopTests {
    @Test func endsAtItsTimeout() throws {
        let loop = try EventLoop()
        let wakeup = try loop.wait(timeout: .milliseconds(5))
        #expect(wakeup.isEmpty)
    }

    @Test func isStoppedByAnotherThread() throws {
        let loop = try EventLoop()
        let trigger = loop.shutdownTrigger
        let thread = TestThread {
            usleep(20_000)
            trigger.trigger()
        }
        let wakeup = try loop.wait(timeout: .seconds(10))
        thread.join()
        #expect(wakeup.shutdown)
        // And stays so.
        #expect(try loop.wait(timeout: .zero).shutdown)
    }

    @Test func countsTheTicksThatItWasLateFor() throws {
        let begin = ContinuousClock.now
        let loop = try EventLoop(interval: .milliseconds(10))
        usleep(55_000)
        let ticks = try loop.wait().ticks
        #expect(ticks >= 5)
        #expect(Int(ticks) <= Int(begin.duration(to: .now) / .milliseconds(10)))
    }

    @Test func doesNotDrift() throws {
        let interval = Duration.milliseconds(5)
        let before = ContinuousClock.now
        let loop = try EventLoop(interval: interval)
        let after = ContinuousClock.now
        var ticks: UInt64 = 0
        while ticks < 20 {
            ticks += try loop.wait().ticks
            usleep(1000)
        }
        // As many as have passed, however late each was read.
        let least = Int(after.duration(to: .now) / interval)
        ticks += try loop.wait(timeout: .zero).ticks
        let most = Int(before.duration(to: .now) / interval)
        #expect((least - 1...most).contains(Int(ticks)))
    }

    @Test func refusesAnIntervalOfNothing() {
        #expect(throws: BPFError.self) { _ = try EventLoop(interval: .zero) }
        #expect(throws: BPFError.self) { _ = try EventLoop(interval: .seconds(-1)) }
    }

    @Test func tellsWhatIsReadable() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let loop = try EventLoop()
        try loop.watch(ends[0])
        #expect(try loop.wait(timeout: .zero).isEmpty)
        var byte: UInt8 = 1
        #expect(write(ends[1], &byte, 1) == 1)
        #expect(try loop.wait().readable == [ends[0]])
        try loop.unwatch(ends[0])
        #expect(try loop.wait(timeout: .zero).isEmpty)
    }

    @Test func refusesToWatchWhatIsNotOpen() throws {
        let loop = try EventLoop()
        #expect(throws: BPFError.self) { try loop.watch(-1) }
    }

    @Test func turnsSignalsIntoEvents() throws {
        try onThread {
            let loop = try EventLoop(signals: [SIGUSR1])
            pthread_kill(pthread_self(), SIGUSR1)
            pthread_kill(pthread_self(), SIGUSR1)
            #expect(try loop.wait().signals == [SIGUSR1])
            #expect(try loop.wait(timeout: .zero).isEmpty)
        }
    }

    @Test func getsASignalThatHitAnotherThread() throws {
        try onThread {
            // Begun before the loop: it does not block the signal.
            let other = TestThread { for _ in 0..<200 { usleep(10_000) } }
            let loop = try EventLoop(signals: [SIGUSR2])
            pthread_kill(other.number, SIGUSR2)
            // Every thread of the tests that does not block the signal may take it
            // first and pass it on, which wakes the loop for nothing.
            var signals: [Int32] = []
            let end = ContinuousClock.now + .seconds(10)
            while signals.isEmpty, ContinuousClock.now < end {
                signals = try loop.wait(timeout: .seconds(10)).signals
            }
            #expect(signals == [SIGUSR2])
            pthread_cancel(other.number)
        }
    }

    @Test func whatIsIgnoredStaysIgnored() throws {
        try onThread {
            // Nothing else here uses it.
            signal(SIGTTOU, SIG_IGN)
            defer { signal(SIGTTOU, SIG_DFL) }
            do {
                let loop = try EventLoop(signals: [SIGTTOU, SIGUSR1])
                kill(getpid(), SIGTTOU)
                #expect(try loop.wait(timeout: .zero).signals.contains(SIGTTOU) == false)
                var mask = sigset_t()
                pthread_sigmask(SIG_BLOCK, nil, &mask)
                #expect(sigismember(&mask, SIGTTOU) == 0)
            }
            var action = sigaction()
            sigaction(SIGTTOU, nil, &action)
            #expect(why_is_ignored(&action) != 0)
        }
    }

    @Test func givesSignalsBack() throws {
        try onThread {
            func isBlocked() -> Bool {
                var mask = sigset_t()
                pthread_sigmask(SIG_BLOCK, nil, &mask)
                return sigismember(&mask, SIGURG) == 1
            }
            do {
                let loop = try EventLoop(signals: [SIGURG])
                _ = try loop.wait(timeout: .zero)
                #expect(isBlocked())
            }
            #expect(!isBlocked())
        }
    }

    @Test func closesWhatItOpened() throws {
        try withPrivateDescriptors {
            let before = openDescriptors()
            for _ in 0..<20 {
                let loop = try EventLoop(signals: [SIGURG], interval: .seconds(1))
                _ = try loop.wait(timeout: .zero)
                #expect(openDescriptors().count == before.count + 4)
            }
            #expect(openDescriptors() == before)
            #expect(throws: BPFError.self) { _ = try EventLoop(interval: .zero) }
            #expect(openDescriptors() == before)
        }
    }
}
