// SPDX-License-Identifier: Apache-2.0
import Model

/// Every listening socket of the namespaces that are looked at, and what became of
/// those that are gone.
struct ListeningSockets {
    let backend: Backend
    let seesAccepts: Bool
    let seesArrivals: Bool
    /// As last seen: sockets and namespaces that vanish keep what they lost.
    private var sockets: [Listener: ListenerState] = [:]
    private var seen: Set<Listener> = []
    private var countersOf: [UInt32: ListenCounters] = [:]
    private(set) var conntrack: [UInt32: Conntrack] = [:]

    init(backend: Backend, seesAccepts: Bool, seesArrivals: Bool) {
        self.backend = backend
        self.seesAccepts = seesAccepts
        self.seesArrivals = seesArrivals
    }

    /// TcpExt of all namespaces together.
    var counters: ListenCounters { countersOf.values.reduce(into: ListenCounters()) { $0.merge($1) } }

    /// Takes in what a look found.
    mutating func take(_ looks: [UInt32: NamespaceLook]) {
        seen = []
        for (inode, look) in looks {
            countersOf[inode] = look.listening
            conntrack[inode] = look.conntrack
            sockets.merge(look.sockets) { $1 }
            seen.formUnion(look.sockets.keys)
        }
        for listener in sockets.keys where !seen.contains(listener) {
            sockets[listener]?.isClosed = true
            sockets[listener]?.queues = nil
        }
    }

    /// With what the probes counted for them.
    func with(_ counted: [[Listener: ListenerState]]) -> [Listener: ListenerState] {
        var listeners = sockets
        let known = Dictionary(
            sockets.keys.map { (SocketID($0), $0) }, uniquingKeysWith: { first, _ in first })
        for (one, state) in counted.joined() {
            var state = state
            let listener = known[SocketID(one)] ?? one
            state.isClosed = !seen.contains(listener)
            // The programs do not know the socket's own counter, and it may stand at 0:
            // a sum would take that for "not read".
            let socketDrops = listeners[listener]?.socketDrops
            listeners[listener] = listeners[listener].map { $0.merging(state) } ?? state
            listeners[listener]?.socketDrops = socketDrops
        }
        for listener in listeners.keys {
            if backend != .tracepoint, listeners[listener]?.drops == nil {
                listeners[listener]?.drops = ListenDrops()
            }
            if seesAccepts, listeners[listener]?.accepted == nil {
                listeners[listener]?.accepted = AcceptStats(arrivals: seesArrivals ? 0 : nil)
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
}
