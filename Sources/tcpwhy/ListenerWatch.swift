// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes

/// Every listening socket of the namespaces that are looked at, and what became of
/// those that are gone.
struct ListenerWatch {
    private let probe: ListenerProbe
    /// `nil`: accept queues are not timed.
    private let accepts: AcceptProbe?
    /// The only namespace to look at, held open; `nil`: all there are.
    private let only: OpenNamespace?
    private var namespaces = KnownNamespaces()
    /// As last seen: a socket that vanishes is here until it was reported closed.
    private var sockets: [Listener: ListenerState] = [:]
    /// What the programs counted of each.
    private var counted = Ledger<Listener, ListenerState>()
    /// Those that were reported closed.
    private var closed: Set<Listener> = []
    private var counters: [UInt32: ListenCounters] = [:]
    private var conntrack: [UInt32: Conntrack] = [:]
    private var complained = false

    init(_ probe: ListenerProbe, accepts: AcceptProbe? = nil, only: OpenNamespace?) {
        self.probe = probe
        self.accepts = accepts
        self.only = only
    }

    /// From here on accepts count, also of connections that wait already.
    mutating func startAccepts() throws {
        guard let accepts else { return }
        try inEachNamespace(anew: true) { namespace throws in try accepts.noteWaiting(in: namespace) }
        do throws(ProbeError) { try accepts.start() } catch { throw Failure(error) }
    }

    /// The sockets that listen now, with their queues. What they lost stays in the kernel until `look`.
    /// - Parameter isLast: nothing that is known is relied on.
    mutating func glance(isLast: Bool = false) throws -> [Listener: ListenerState] {
        let seen = try lookAround(isLast: isLast)
        for listener in sockets.keys where seen[listener] == nil {
            sockets[listener]?.isClosed = true
            sockets[listener]?.queues = nil
        }
        sockets.merge(seen) { $1 }
        return seen
    }

    /// Everything, since the trace began.
    mutating func look(isLast: Bool = false) throws -> DropsSnapshot {
        let seen = try glance(isLast: isLast)
        var loss: Loss
        do throws(ProbeError) {
            var found = [try probe.losses()]
            loss = try probe.loss()
            if let accepts {
                found.append(try accepts.read())
                loss.merge(try accepts.loss())
            }
            let known = Dictionary(
                sockets.keys.map { (SocketID($0), $0) }, uniquingKeysWith: { first, _ in first })
            var news: [Listener: ListenerState] = [:]
            for (listener, state) in found.joined() {
                news[known[SocketID(listener)] ?? listener, default: ListenerState()].merge(state)
            }
            forgetClosed(except: news)
            counted.add(news)
        } catch {
            throw Failure(error)
        }
        var snapshot = DropsSnapshot(
            time: HostClock.monotonicNanoseconds(),
            wallTime: Double(HostClock.wallNanoseconds()) / 1e9, backend: probe.backend,
            listeners: listeners(seen),
            counters: counters.values.reduce(into: ListenCounters()) { $0.merge($1) },
            loss: loss)
        snapshot.ended = counted.ended
        snapshot.conntrack = conntrack
        snapshot.waitBackend = accepts?.backend
        return snapshot
    }

    /// What was reported closed and lost nothing since has nothing more to tell.
    private mutating func forgetClosed(except news: [Listener: ListenerState]) {
        let over = closed.filter { news[$0] == nil }
        for listener in over { sockets[listener] = nil }
        counted.end(over)
        closed = closed.subtracting(over)
    }

    /// What the programs counted together with the sockets as they are.
    private mutating func listeners(_ seen: [Listener: ListenerState]) -> [Listener: ListenerState] {
        var listeners = sockets
        for (listener, var state) in counted.rows {
            state.isClosed = seen[listener] == nil
            // The programs do not know the socket's own counter, and it may stand at 0:
            // a sum would take that for "not read".
            let socketDrops = listeners[listener]?.socketDrops
            listeners[listener] = listeners[listener].map { $0.merging(state) } ?? state
            listeners[listener]?.socketDrops = socketDrops
        }
        for (listener, state) in listeners {
            if state.isClosed { closed.insert(listener) }
            if probe.backend != .tracepoint, state.drops == nil {
                listeners[listener]?.drops = ListenDrops()
            }
            if let accepts, state.accepted == nil {
                listeners[listener]?.accepted = AcceptStats(arrivals: accepts.seesArrivals ? 0 : nil)
            }
        }
        return listeners
    }

    /// The same socket, whatever its options are by now.
    private struct SocketID: Hashable {
        let netns: UInt32
        let inode: UInt32
        /// Tells sockets apart whose inode is not known.
        let port: UInt16

        init(_ listener: Listener) {
            netns = listener.netns
            inode = listener.inode
            port = listener.port
        }
    }

    private mutating func lookAround(isLast: Bool) throws -> [Listener: ListenerState] {
        var seen: [Listener: ListenerState] = [:]
        var counters = counters
        var conntrack = conntrack
        try inEachNamespace(anew: isLast) { [probe] namespace throws in
            let reading = try probe.look(into: namespace)
            counters[namespace.inode] = reading.counters
            conntrack[namespace.inode] = reading.conntrack
            seen.merge(reading.sockets) { $1 }
        }
        self.counters = counters
        self.conntrack = conntrack
        return seen
    }

    private mutating func inEachNamespace(
        anew: Bool, _ body: (borrowing NetworkNamespace) throws -> Void
    ) throws {
        if let only { return try body(only.value) }
        for place in namespaces.all(anew: anew) {
            // It may have gone since it was found.
            guard let namespace = try? place.open() else { continue }
            do { try body(namespace) } catch { complain(error, place.inode) }
        }
    }

    private mutating func complain(_ error: any Error, _ inode: UInt32) {
        if !complained { Output.error("tcpwhy: no sockets of network namespace \(inode): \(error)\n") }
        complained = true
    }
}
