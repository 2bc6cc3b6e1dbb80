// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host
import Testing

@Suite struct ProcessesTests {
    @Test func knowsWhoIsThere() {
        #expect(Processes.exists(getpid()))
        #expect(Processes.exists(1))
        #expect(!Processes.exists(0))
        #expect(!Processes.exists(-1))
        #expect(!Processes.exists(.max))
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
