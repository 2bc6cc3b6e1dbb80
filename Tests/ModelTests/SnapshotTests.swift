// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@Suite struct SnapshotTests {
    private static func key(_ last: UInt8, pid: UInt32 = 1, port: UInt16 = 80) -> ConnectKey {
        ConnectKey(
            kind: .connect, pid: pid, command: "wrk", netns: 1, family: .ipv4, source: nil,
            destination: IPAddress(10, 0, 0, last), port: port)
    }

    private static func connects(_ count: UInt64) -> ConnectStats {
        var stats = ConnectStats()
        stats.connects = count
        return stats
    }

    @Test func theBusiestDestinationsComeFirstWhoeverConnects() {
        var totals = PortTotals(backend: .fentry)
        totals.connects = [
            Self.key(1): Self.connects(5), Self.key(2): Self.connects(4),
            Self.key(2, pid: 2): Self.connects(3),
            Self.key(3): Self.connects(5),
        ]
        #expect(totals.busiestDestinations.map(\.address) == [2, 1, 3].map { IPAddress(10, 0, 0, $0) })
    }

    @Test func whatEndedIsInTheTotalsOfARunAndInNoInterval() {
        var first = PortsSnapshot(
            time: 0, wallTime: 0, backend: .fentry, connects: [Self.key(1): Self.connects(2)], ranges: [],
            loss: Loss())
        var last = first
        first.time = 1_000_000_000
        last.time = 3_000_000_000
        last.connects = [:]
        last.ended = [Self.key(1, pid: 0): Self.connects(2)]
        #expect(last.since(first).connects.isEmpty && last.since(first).ended.isEmpty)
        #expect(last.since(first).duration == 2)
        #expect(
            last.map(\.withEnded).since(
                PortsSnapshot(
                    time: 0, wallTime: 0, backend: .fentry, connects: [:], ranges: [], loss: Loss())
            ).total?.connects == 2)
    }

    private static func samples(_ symbol: String, _ count: UInt64) -> HotspotsCounts {
        var counts = HotspotsCounts()
        counts.add(
            [
                FunctionName(symbol: symbol, module: FunctionName.kernelModule, isKernel: true),
                FunctionName(symbol: "main", module: "nginx", isKernel: false),
            ], count: count)
        return counts
    }

    @Test func functionsThatDidNotRunAreInNoInterval() {
        let sampling = Sampling(clock: "cycles", frequency: 99, cpus: 2, isFiltered: false)
        var earlier = SampleTotals(sampling: sampling, cpus: [:])
        earlier.counts = Self.samples("__inet_hash_connect", 10)
        earlier.loss.truncated = 3
        var later = earlier
        later.counts.merge(Self.samples("tcp_v4_rcv", 4))
        later.loss.truncated = 5
        let rest = later.since(earlier)
        #expect(rest.counts.functions == Self.samples("tcp_v4_rcv", 4).functions)
        #expect(rest.counts.allocation.isEmpty && rest.counts.search == 0 && rest.counts.samples == 4)
        #expect(rest.loss.truncated == 2)
        #expect(later.since(later).counts.functions.isEmpty)
    }

    @Test func functionsThatLeftAreInTheTotalsOfARunAndInNoInterval() {
        let sampling = Sampling(clock: "cycles", frequency: 99, cpus: 2, isFiltered: false)
        let first = SampleTotals(sampling: sampling, cpus: [:])
        var earlier = first
        earlier.counts = Self.samples("tcp_v4_rcv", 4)
        earlier.counts.merge(Self.samples("idle", 2))
        var later = earlier
        // "idle" left, after all that it did.
        later.counts = Self.samples("tcp_v4_rcv", 4)
        let ended = FunctionName(symbol: "(ended)", module: "(ended)", isKernel: true)
        later.ended = [ended: FunctionCount(own: 2, total: 2)]
        let interval = later.since(earlier)
        #expect(interval.counts.functions.isEmpty && interval.ended.isEmpty)
        let run = later.withEnded.since(first)
        #expect(run.counts.functions[ended] == FunctionCount(own: 2, total: 2))
        #expect(run.counts.functions.values.reduce(0) { $0 + $1.own } == 6)
    }

    private static func facts(_ opens: UInt64, at time: UInt64) -> NamespaceFacts {
        var counters = TCPCounters()
        counters.activeOpens = opens
        var facts = NamespaceFacts(
            commandPrefix: "", counters: counters, settings: NetworkSettings(), use: SocketUse())
        facts.time = time
        return facts
    }

    @Test func aNamespacesCountersHaveTheTimesOfTheirOwnReadings() throws {
        var earlier = MachineFacts()
        earlier.namespaces = [1: Self.facts(100, at: 1_000_000_000), 2: Self.facts(7, at: 1_000_000_000)]
        var later = MachineFacts()
        later.namespaces = [1: Self.facts(160, at: 3_500_000_000), 3: Self.facts(9, at: 3_500_000_000)]
        let (facts, gone) = later.namespaces(since: earlier)
        #expect(facts[1]?.counters.activeOpens == 60 && facts[1]?.seconds == 2.5)
        // One that is gone counted nothing that is known; one that is new began at 0.
        #expect(facts[2]?.counters.activeOpens == 0 && gone == [2])
        #expect(facts[3]?.counters.activeOpens == 9 && facts[3]?.seconds == nil)
    }
}
