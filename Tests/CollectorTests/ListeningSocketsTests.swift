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
        sockets.take([1: Self.look([Self.web], drops: 7)])
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
        sockets.take([1: Self.look([Self.web], drops: 7)])
        sockets.take([1: Self.look([], drops: 9)])
        let state = try #require(sockets.with([Self.counted(4)])[Self.web])
        #expect(state.isClosed && state.queues == nil)
        #expect(state.drops?[.acceptQueueFullAtSYN] == 4 && state.socketDrops == 7)
        #expect(state.accepted == nil)
        #expect(sockets.counters.listenDrops == 9)
    }

    @Test func countersOfANamespaceThatIsGoneStay() {
        var sockets = ListeningSockets(backend: .tracepoint, seesAccepts: false, seesArrivals: false)
        sockets.take([1: Self.look([], drops: 5), 2: Self.look([], drops: 20)])
        sockets.take([1: Self.look([], drops: 6)])
        #expect(sockets.counters.listenDrops == 26)
    }
}
