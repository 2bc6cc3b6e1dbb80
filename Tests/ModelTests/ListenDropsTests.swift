// SPDX-License-Identifier: Apache-2.0
import Model
import Seeded
import Testing

@Suite struct ListenDropsTests {
    static let listener = Listener(
        netns: 4_026_531_840, address: IPAddress(0, 0, 0, 0), port: 80, inode: 1)

    static func randomDrops(_ random: inout SeededGenerator) -> ListenDrops {
        var drops = ListenDrops()
        for cause in ListenCause.allCases where Bool.random(using: &random) {
            drops[cause] = random.spread(bits: 20)
        }
        drops.listenDrops = random.spread(bits: 24)
        drops.listenOverflows = random.spread(bits: 24)
        drops.requestQueueFullDrops = random.spread(bits: 12)
        drops.requestQueueFullCookies = random.spread(bits: 12)
        return drops
    }

    static func counters(_ random: inout SeededGenerator) -> ListenCounters {
        var counters = ListenCounters()
        counters.listenDrops = random.spread()
        counters.listenOverflows = random.spread()
        counters.requestQueueFullDrops = random.spread()
        counters.requestQueueFullCookies = random.spread()
        return counters
    }

    static func snapshot(
        _ seconds: UInt64, backend: Backend = .fentry, _ listeners: [Listener: ListenerState],
        counters: ListenCounters = ListenCounters()
    ) -> DropsSnapshot {
        DropsSnapshot(
            time: seconds * 1_000_000_000, wallTime: Double(seconds), backend: backend,
            listeners: listeners, counters: counters)
    }

    static func state(_ drops: ListenDrops?, socketDrops: UInt64? = nil) -> ListenerState {
        var state = ListenerState()
        state.drops = drops
        state.socketDrops = socketDrops
        return state
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func mergingIsTheSameInAnyOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = (0..<6).map { _ in Self.randomDrops(&random) }
        func sum(_ parts: [ListenDrops]) -> ListenDrops {
            parts.reduce(into: ListenDrops()) { $0.merge($1) }
        }
        let straight = sum(parts)
        for _ in 0..<5 {
            let shuffled = parts.shuffled(using: &random)
            #expect(sum(shuffled) == straight)
            #expect(sum([sum(Array(shuffled[0..<3])), sum(Array(shuffled[3...]))]) == straight)
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func laterMinusEarlierPlusEarlierIsLater(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let earlier = Self.randomDrops(&random)
        let growth = Self.randomDrops(&random)
        var later = earlier
        later.merge(growth)
        var rest = later
        rest.subtract(earlier)
        #expect(rest == growth)
        rest.merge(earlier)
        #expect(rest == later)

        let before = Self.counters(&random)
        let more = Self.counters(&random)
        var after = before
        after.merge(more)
        after.subtract(before)
        #expect(after == more)
    }

    /// However a run is cut into intervals, they add up to it.
    @Test(arguments: 0..<30 as Range<UInt64>)
    func intervalsAddUpToTheRun(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var listeners = (0..<4).map { port in
            Listener(netns: 1, address: IPAddress(0, 0, 0, 0), port: port, inode: UInt32(port))
        }
        var latest = Self.snapshot(0, [listeners.removeLast(): Self.state(ListenDrops(), socketDrops: 0)])
        let first = latest
        var sum = ListenDrops()
        var socketDrops: UInt64 = 0
        for time: UInt64 in 1...6 {
            var next = latest
            next.time = time * 1_000_000_000
            // A socket that began to listen meanwhile.
            if time.isMultiple(of: 2), let new = listeners.popLast() {
                next.listeners[new] = Self.state(ListenDrops(), socketDrops: 0)
            }
            for (listener, state) in next.listeners {
                var state = state
                state.drops?.merge(Self.randomDrops(&random))
                state.socketDrops = (state.socketDrops ?? 0) + random.spread(bits: 10)
                next.listeners[listener] = state
            }
            next.counters.merge(Self.counters(&random))
            let interval = next.since(latest)
            #expect(interval.duration == 1)
            sum.merge(interval.total)
            socketDrops += interval.listeners.values.reduce(0) { $0 + ($1.socketDrops ?? 0) }
            latest = next
        }
        let run = latest.since(first)
        #expect(run.total == sum)
        #expect(run.listeners.values.reduce(0) { $0 + ($1.socketDrops ?? 0) } == socketDrops)
        #expect(run.counters == latest.counters)
    }

    @Test func aCounterThatBeganAnewGivesZero() {
        var earlier = ListenDrops()
        earlier[.noRoute] = 5
        earlier.listenDrops = 5
        var later = ListenDrops()
        later[.noRoute] = 2
        later.subtract(earlier)
        #expect(later.isEmpty)
    }

    @Test func anythingCountedIsNotEmpty() {
        #expect(ListenDrops().isEmpty)
        for cause in ListenCause.allCases {
            var drops = ListenDrops()
            drops[cause] = 1
            #expect(!drops.isEmpty)
            #expect(ListenCause.allCases.filter { drops[$0] > 0 } == [cause])
        }
        var drops = ListenDrops()
        drops.listenOverflows = 1
        #expect(!drops.isEmpty)
    }

    @Test func cookiesAndDeferredAcceptsAreNoDrops() {
        #expect(ListenCause.allCases.filter { !$0.isDrop } == [.synCookieSent, .deferredAccept])
    }

    @Test func anIntervalKeepsQuietListenersAndWhatIsAsOfItsEnd() {
        var drops = ListenDrops()
        drops[.acceptQueueFullAtSYN] = 10
        drops.listenDrops = 10
        var grown = drops
        grown[.acceptQueueFullAtSYN] = 14
        grown.listenDrops = 14
        var quiet = Self.listener
        quiet.port = 81
        var new = Self.listener
        new.port = 82
        var gone = Self.listener
        gone.port = 83
        var state = Self.state(grown, socketDrops: 15)
        state.queues = ListenQueues(acceptQueue: 3, backlog: 10, synQueue: 2, young: 1)
        state.isClosed = true
        state.firstLoss = 7
        let earlier = Self.snapshot(
            1, [Self.listener: Self.state(drops, socketDrops: 10), quiet: Self.state(drops), gone: state])
        var later = Self.snapshot(
            3, [Self.listener: state, quiet: Self.state(drops), new: Self.state(drops, socketDrops: 2)])
        later.owners = [1: [SocketOwner(pid: 5, command: "nginx", descriptor: 6)]]
        later.loss.ring = 4
        let interval = later.since(earlier)
        #expect(interval.duration == 2)
        #expect(interval.wallTime == 3)
        #expect(Set(interval.listeners.keys) == [Self.listener, quiet, new])
        #expect(interval.listeners[Self.listener]?.drops?.listenDrops == 4)
        #expect(interval.listeners[Self.listener]?.drops?[.acceptQueueFullAtSYN] == 4)
        #expect(interval.listeners[Self.listener]?.socketDrops == 5)
        #expect(interval.listeners[Self.listener]?.queues == state.queues)
        #expect(interval.listeners[Self.listener]?.isClosed == true)
        #expect(interval.listeners[Self.listener]?.firstLoss == 7)
        #expect(interval.listeners[quiet]?.drops?.isEmpty == true)
        #expect(interval.listeners[quiet]?.socketDrops == nil)
        #expect(interval.listeners[new]?.drops == drops)
        #expect(interval.owners == later.owners)
        #expect(interval.loss.ring == 4)
        #expect(interval.total.listenDrops == 14)
    }

    @Test func whatWasNotMeasuredStaysSo() {
        let earlier = Self.snapshot(1, backend: .tracepoint, [Self.listener: Self.state(nil, socketDrops: 2)])
        let later = Self.snapshot(2, backend: .tracepoint, [Self.listener: Self.state(nil, socketDrops: 5)])
        let interval = later.since(earlier)
        #expect(interval.listeners[Self.listener]?.drops == nil)
        #expect(interval.listeners[Self.listener]?.socketDrops == 3)
        #expect(interval.total.isEmpty)
        #expect(interval.notAttributed == nil)
    }

    @Test(arguments: [(10, 10, 0), (13, 10, 3), (0, 0, 0), (9, 10, 0)] as [(UInt64, UInt64, UInt64)])
    func notAttributedIsWhatTheKernelCountedMore(kernel: UInt64, attributed: UInt64, rest: UInt64) {
        var drops = ListenDrops()
        drops.listenDrops = attributed
        var counters = ListenCounters()
        counters.listenDrops = kernel
        let interval = Self.snapshot(1, [Self.listener: Self.state(drops)], counters: counters)
            .since(Self.snapshot(0, [:]))
        #expect(interval.notAttributed == rest)
    }
}
