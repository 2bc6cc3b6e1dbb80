// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Host

@Suite struct ProcessesTests {
    @Test func knowsWhoIsThere() {
        #expect(Processes.exists(getpid()))
        #expect(Processes.exists(1))
        #expect(!Processes.exists(0))
        #expect(!Processes.exists(-1))
        #expect(!Processes.exists(.max))
    }

    @Test func takesNoThreadForAProcess() throws {
        let thread = try onFreshThread { () -> Int32 in
            var link = [CChar](repeating: 0, count: 64)
            readlink("/proc/thread-self", &link, link.count - 1)
            let number = link.map { UInt8(bitPattern: $0) }.prefix { $0 != 0 }
                .split(separator: UInt8(ascii: "/")).last
            let pid = number.flatMap { Int32(String(decoding: $0, as: UTF8.self)) } ?? 0
            // It is this one, and only here is it sure to be.
            #expect(pid > 0 && !Processes.exists(pid))
            return pid
        }
        #expect(thread != getpid())
    }

    @Test func knowsNames() throws {
        let comm = try #require(Processes.comm(getpid()))
        #expect(!comm.isEmpty && !comm.contains("\n"))
        #expect(Processes.named(comm).contains(getpid()))
        #expect(Processes.comm(.max) == nil)
        #expect(Processes.named("no such command").isEmpty)
    }
}

@Suite struct HostClockTests {
    @Test func goesOn() {
        let before = HostClock.monotonicNanoseconds()
        #expect(HostClock.monotonicNanoseconds() >= before)
    }

    @Test func leadsFromOneClockToTheOther() {
        let monotonic = HostClock.monotonicNanoseconds()
        let wall = HostClock.wallNanoseconds()
        let difference = Int64(monotonic) + HostClock.wallOffsetNanoseconds() - wall
        #expect(difference.magnitude < 100_000_000)
    }
}
