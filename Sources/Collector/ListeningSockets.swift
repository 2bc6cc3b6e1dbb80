// SPDX-License-Identifier: Apache-2.0
import Host
import Model

/// Every listening socket of the namespaces that are looked at, and what became of
/// those that are gone.
struct ListeningSockets {
    let backend: Backend
    let seesAccepts: Bool
    let seesArrivals: Bool
    /// As last seen: of sockets that vanish the last ones keep what they had.
    private var sockets: [Listener: ListenerState] = [:]
    private var seen: Set<Listener> = []
    /// What the programs counted of each.
    private var counted = Ledger<Listener, ListenerState>(keeping: 4096)
    /// In the order in which they vanished.
    private var closed: [Listener] = []
    private static let mostClosed = 1024
    private var countersOf: [UInt32: ListenCounters] = [:]
    /// When each namespace was looked into; CLOCK_MONOTONIC nanoseconds.
    private var times: [UInt32: UInt64] = [:]
    /// Whether the counters of all namespaces are of the last look.
    private(set) var countersAreWhole = true
    private(set) var conntrack: [UInt32: Conntrack] = [:]
    /// Of namespaces that are gone.
    private var former = ListenCounters()
    /// Of those the last ones by themselves, should they come back.
    private var formerOf = Recent<UInt32, ListenCounters>(keeping: 256)

    init(backend: Backend, seesAccepts: Bool, seesArrivals: Bool) {
        self.backend = backend
        self.seesAccepts = seesAccepts
        self.seesArrivals = seesArrivals
    }

    /// TcpExt of all namespaces together, those that are gone included.
    var counters: ListenCounters { countersOf.values.reduce(into: former) { $0.merge($1) } }

    /// What left, being closed or idle.
    var ended: [Listener: ListenerState] { counted.ended }

    /// Takes in what a look found.
    /// - Parameters:
    ///   - looks: by namespace; of others what was seen last stands.
    ///   - present: the namespaces that there are.
    mutating func take(_ looks: [UInt32: NamespaceLook], present: Set<UInt32>) {
        forgetClosed()
        for inode in countersOf.keys where !present.contains(inode) { leave(inode) }
        countersAreWhole = present.allSatisfy { looks[$0] != nil }
        seen = seen.filter { looks[$0.netns] == nil && present.contains($0.netns) }
        let now = HostClock.monotonicNanoseconds()
        times = times.filter { present.contains($0.key) }
        for inode in looks.keys { times[inode] = now }
        for (inode, look) in looks {
            if let before = formerOf[inode] {
                former.subtract(before)
                formerOf[inode] = nil
            }
            countersOf[inode] = look.listening
            conntrack[inode] = look.conntrack
            sockets.merge(look.sockets) { $1 }
            seen.formUnion(look.sockets.keys)
        }
        for (listener, state) in sockets where !seen.contains(listener) && !state.isClosed {
            sockets[listener]?.isClosed = true
            sockets[listener]?.queues = nil
            closed.append(listener)
        }
    }

    /// A namespace is gone, or cannot be looked into for now.
    private mutating func leave(_ inode: UInt32) {
        guard let last = countersOf.removeValue(forKey: inode) else { return }
        former.merge(last)
        formerOf[inode] = last
        conntrack[inode] = nil
    }

    /// With what the probes counted for them since the last time.
    mutating func with(_ found: [[Listener: ListenerState]]) -> [Listener: ListenerState] {
        let known = Dictionary(
            sockets.keys.map { (SocketID($0), $0) }, uniquingKeysWith: { first, _ in first })
        var news: [Listener: ListenerState] = [:]
        for (listener, state) in found.joined() {
            news[known[SocketID(listener)] ?? listener, default: ListenerState()].merge(state)
        }
        counted.add(news)
        for listener in news.keys where sockets[listener] == nil {
            // It came and went since the last look.
            sockets[listener] = ListenerState()
            sockets[listener]?.isClosed = true
            closed.append(listener)
        }
        var listeners = sockets
        let now = HostClock.monotonicNanoseconds()
        for listener in seen {
            guard let time = times[listener.netns] else { continue }
            listeners[listener]?.queues?.age = Double(now &- time) / 1e9
        }
        for (listener, var state) in counted.rows {
            state.isClosed = !seen.contains(listener)
            // The programs do not know the socket's own counter, and it may stand at 0:
            // a sum would take that for "not read".
            let socketDrops = listeners[listener]?.socketDrops
            listeners[listener] = listeners[listener].map { $0.merging(state) } ?? state
            listeners[listener]?.socketDrops = socketDrops
        }
        for (listener, state) in listeners {
            if backend != .tracepoint, state.drops == nil { listeners[listener]?.drops = ListenDrops() }
            if seesAccepts, state.accepted == nil {
                listeners[listener]?.accepted = AcceptStats(arrivals: seesArrivals ? 0 : nil)
            }
        }
        return listeners
    }

    /// Of those that closed, and were reported since, only so many stay apart.
    private mutating func forgetClosed() {
        guard closed.count > Self.mostClosed else { return }
        let over = closed.prefix(closed.count - Self.mostClosed)
        for listener in over where !seen.contains(listener) { sockets[listener] = nil }
        counted.end(over.filter { !seen.contains($0) })
        closed.removeFirst(over.count)
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
}
