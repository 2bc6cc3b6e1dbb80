// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@Suite struct CPUTimeTests {
    static func time(user: UInt64 = 0, system: UInt64 = 0, idle: UInt64 = 0, iowait: UInt64 = 0) -> CPUTime {
        var time = CPUTime()
        time.user = user
        time.system = system
        time.idle = idle
        time.iowait = iowait
        return time
    }

    @Test func anIntervalIsLaterMinusEarlier() {
        let rest = Self.time(user: 50, system: 9, idle: 100).since(Self.time(user: 20, system: 9, idle: 30))
        #expect(rest == Self.time(user: 30, idle: 70))
        #expect(rest.share(rest.user) == 0.3)
        #expect(rest.busy == 30)
    }

    @Test func whatTheKernelTookBackIsNothing() {
        #expect(Self.time(idle: 5, iowait: 3).since(Self.time(iowait: 4)) == Self.time(idle: 5))
    }

    @Test func aShareOfNoTimeIsNotKnown() {
        #expect(CPUTime().share(0) == nil)
    }

    @Test func waitingAndStolenTimeIsNotBusy() {
        var time = Self.time(user: 1, idle: 2, iowait: 3)
        time.steal = 4
        time.softirq = 5
        #expect(time.all == 15)
        #expect(time.busy == 6)
    }

    @Test func aCPUThatComesOrGoesIsNotInTheInterval() {
        let earlier: CPUTimes = [0: Self.time(user: 1), 1: Self.time(user: 1)]
        let later: CPUTimes = [0: Self.time(user: 4), 2: Self.time(user: 900)]
        #expect(later.since(earlier) == [0: Self.time(user: 3)])
        #expect(later.since(earlier).total == Self.time(user: 3))
    }
}
