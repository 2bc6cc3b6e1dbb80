// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Collector

@Suite struct ListeningSocketsTests {
    private static let web = Listener(
        netns: 1, address: IPAddress(0, 0, 0, 0), port: 80, inode: 800, isReusePort: true)

    private static func look(_ sockets: [Listener], drops: UInt64) -> NamespaceLook {
        var look = NamespaceLook(listening: ListenCounters())
        look.listening.listenDrops = drops
        for listener in sockets {
            var state = ListenerState()
            state.socketDrops = drops
            state.queues = ListenQueues(acceptQueue: 3, backlog: 5, synQueue: 0, young: 0)
            look.sockets[listener] = state
        }
        return look
    }

    /// A socket whose options changed since it lost something.
    private static func counted(_ drops: UInt64) -> [Listener: ListenerState] {
        var one = web
        one.isReusePort = false
        var state = ListenerState()
        state.drops = ListenDrops()
        state.drops?[.acceptQueueFullAtSYN] = drops
        return [one: state]
    }

    @Test func whatAProbeCountedIsTheSocketsWhateverItsOptions() throws {
        var sockets = ListeningSockets(backend: .fentry, seesAccepts: true, seesArrivals: true)
        sockets.take([1: Self.look([Self.web], drops: 7)], present: [1])
        let listeners = sockets.with([Self.counted(4)])
        #expect(listeners.count == 1)
        let state = try #require(listeners[Self.web])
        #expect(state.drops?[.acceptQueueFullAtSYN] == 4)
        #expect(state.socketDrops == 7 && state.queues?.acceptQueue == 3 && !state.isClosed)
        // Nothing was accepted, which is known.
        #expect(state.accepted == AcceptStats(arrivals: 0))
    }

    @Test func oneThatIsClosedKeepsWhatItLostButHasNoQueues() throws {
        var sockets = ListeningSockets(backend: .fentry, seesAccepts: false, seesArrivals: false)
        sockets.take([1: Self.look([Self.web], drops: 7)], present: [1])
        sockets.take([1: Self.look([], drops: 9)], present: [1])
        let state = try #require(sockets.with([Self.counted(4)])[Self.web])
        #expect(state.isClosed && state.queues == nil)
        #expect(state.drops?[.acceptQueueFullAtSYN] == 4 && state.socketDrops == 7)
        #expect(state.accepted == nil)
        #expect(sockets.counters.listenDrops == 9)
    }

    @Test func countersOfANamespaceThatIsGoneStay() {
        var sockets = ListeningSockets(backend: .tracepoint, seesAccepts: false, seesArrivals: false)
        sockets.take([1: Self.look([], drops: 5), 2: Self.look([], drops: 20)], present: [1, 2])
        sockets.take([1: Self.look([], drops: 6)], present: [1])
        #expect(sockets.counters.listenDrops == 26)
    }

    @Test func aNamespaceThatComesBackCountsOnce() {
        var sockets = ListeningSockets(backend: .tracepoint, seesAccepts: false, seesArrivals: false)
        for (present, drops) in [([2], 20), ([], 0), ([2], 23)] as [(Set<UInt32>, UInt64)] {
            sockets.take(present.isEmpty ? [:] : [2: Self.look([], drops: drops)], present: present)
        }
        #expect(sockets.counters.listenDrops == 23)
    }

    /// There was no budget left for it.
    @Test func whatWasNotLookedIntoStandsAndIsOlder() throws {
        var sockets = ListeningSockets(backend: .fentry, seesAccepts: false, seesArrivals: false)
        sockets.take([1: Self.look([Self.web], drops: 7)], present: [1, 2])
        #expect(!sockets.countersAreWhole)
        sockets.take([2: Self.look([], drops: 1)], present: [1, 2])
        let state = try #require(sockets.with([])[Self.web])
        #expect(!state.isClosed && state.queues?.acceptQueue == 3 && state.queues?.age ?? 0 > 0)
        #expect(sockets.counters.listenDrops == 8)
        sockets.take([1: Self.look([], drops: 7), 2: Self.look([], drops: 1)], present: [1, 2])
        #expect(sockets.countersAreWhole && sockets.with([])[Self.web]?.isClosed == true)
    }

    /// Three times as many as are kept apart come and go; a busy one stays.
    @Test func listenersThatCloseLeaveInTime() {
        var sockets = ListeningSockets(backend: .fentry, seesAccepts: false, seesArrivals: false)
        var lost: UInt64 = 0
        for number in UInt32(0)..<30 {
            let some = (0..<100).map {
                Listener(netns: 1, address: Self.web.address, port: 90, inode: 1000 + number * 100 + $0)
            }
            sockets.take([1: Self.look(some + [Self.web], drops: 0)], present: [1])
            var counted = Self.counted(2)
            for listener in some {
                counted[listener] = ListenerState()
                counted[listener]?.drops = ListenDrops()
                counted[listener]?.drops?[.synQueueFull] = 1
            }
            lost += 102
            let listeners = sockets.with([counted])
            #expect(listeners[Self.web]?.drops?[.acceptQueueFullAtSYN] == UInt64(2 * (number + 1)))
            #expect(listeners.count <= 1024 + 201)
            let sum = [listeners, sockets.ended].joined().reduce(0) { sum, row in
                sum + ListenCause.allCases.reduce(0) { $0 + (row.value.drops?[$1] ?? 0) }
            }
            #expect(sum == lost)
        }
        #expect(sockets.ended.keys.allSatisfy { $0.inode == 0 && $0.port == 90 } && !sockets.ended.isEmpty)
    }
}
