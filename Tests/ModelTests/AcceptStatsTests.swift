// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Model

@Suite struct AcceptStatsTests {
    private func stats(_ accepts: UInt64, arrivals: UInt64?, wait: UInt64) -> AcceptStats {
        var stats = AcceptStats(arrivals: arrivals)
        stats.accepts = accepts
        for _ in 0..<accepts { stats.wait.record(wait) }
        return stats
    }

    @Test func mergingIsTheSameInAnyOrder() {
        var one = stats(3, arrivals: 4, wait: 100)
        var other = stats(2, arrivals: 2, wait: 1_000_000)
        let (first, second) = (one, other)
        one.merge(second)
        other.merge(first)
        #expect(one == other)
        #expect(one.accepts == 5 && one.arrivals == 6 && one.wait.count == 5)
    }

    @Test func whatNobodyMeasuredStaysUnmeasured() {
        var one = stats(3, arrivals: nil, wait: 100)
        one.merge(stats(1, arrivals: nil, wait: 5))
        #expect(one.arrivals == nil)
        one.subtract(stats(1, arrivals: nil, wait: 5))
        #expect(one.arrivals == nil && one.accepts == 3)
    }

    @Test func zeroArrivalsAreMeasured() {
        var one = AcceptStats(arrivals: 0)
        one.merge(AcceptStats(arrivals: 0))
        #expect(one.arrivals == 0 && one.isEmpty)
    }

    @Test func anIntervalIsLaterMinusEarlier() {
        var snapshot = DropsSnapshot(time: 0, wallTime: 0, backend: .fentry)
        let listener = Listener(netns: 1, address: IPAddress(127, 0, 0, 1), port: 80, inode: 2)
        var state = ListenerState()
        state.accepted = stats(3, arrivals: 4, wait: 100)
        snapshot.listeners = [listener: state]
        var later = snapshot
        later.listeners[listener]?.accepted?.merge(stats(2, arrivals: 3, wait: 7))
        let interval = later.since(snapshot)
        #expect(interval.listeners[listener]?.accepted?.accepts == 2)
        #expect(interval.totalAccepted?.arrivals == 3)
        #expect(interval.totalAccepted?.wait.maximum == 7)
    }

    /// The kernel does not say what listen() was given: as much as allowed is as if more.
    @Test func theLimitIsTheSmallerOne() {
        func queues(_ limit: UInt32, _ somaxconn: UInt32?) -> ListenQueues {
            ListenQueues(acceptQueue: 0, backlog: limit, somaxconn: somaxconn, synQueue: 0, young: 0)
        }
        #expect(queues(10, 4096).isLimitedBySomaxconn == false)
        #expect(queues(4096, 4096).isLimitedBySomaxconn == true)
        #expect(queues(4096, 128).isLimitedBySomaxconn == true)
        #expect(queues(10, nil).isLimitedBySomaxconn == nil)
    }
}
