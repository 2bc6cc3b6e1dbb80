// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes

/// Every listening socket of the namespaces that are looked at, and what became of
/// those that are gone.
struct ListenerWatch {
    private let probe: ListenerProbe
    /// The only namespace to look at, held open; `nil`: all there are.
    private let only: OpenNamespace?
    /// As last seen: sockets and namespaces that vanish keep what they lost.
    private var sockets: [Listener: ListenerState] = [:]
    private var counters: [UInt32: ListenCounters] = [:]
    private var conntrack: [UInt32: Conntrack] = [:]
    private var complained = false

    init(_ probe: ListenerProbe, only: OpenNamespace?) {
        self.probe = probe
        self.only = only
    }

    mutating func look() throws -> DropsSnapshot {
        let seen = try lookAround()
        for listener in sockets.keys where seen[listener] == nil {
            sockets[listener]?.isClosed = true
            sockets[listener]?.queues = nil
        }
        sockets.merge(seen) { $1 }
        var listeners = sockets
        do throws(ProbeError) {
            let known = Dictionary(
                sockets.keys.map { (SocketID($0), $0) }, uniquingKeysWith: { first, _ in first })
            for (lossy, state) in try probe.losses() {
                var state = state
                let listener = known[SocketID(lossy)] ?? lossy
                state.isClosed = seen[listener] == nil
                // The programs do not know the socket's own counter, and it may stand at 0:
                // a sum would take that for "not read".
                let socketDrops = listeners[listener]?.socketDrops
                listeners[listener] = listeners[listener].map { $0.merging(state) } ?? state
                listeners[listener]?.socketDrops = socketDrops
            }
            if probe.backend != .tracepoint {
                for listener in listeners.keys where listeners[listener]?.drops == nil {
                    listeners[listener]?.drops = ListenDrops()
                }
            }
            var snapshot = DropsSnapshot(
                time: HostClock.monotonicNanoseconds(),
                wallTime: Double(HostClock.wallNanoseconds()) / 1e9, backend: probe.backend,
                listeners: listeners,
                counters: counters.values.reduce(into: ListenCounters()) { $0.merge($1) },
                loss: try probe.loss())
            snapshot.conntrack = conntrack
            return snapshot
        } catch {
            throw Failure(error)
        }
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

    private mutating func lookAround() throws -> [Listener: ListenerState] {
        var seen: [Listener: ListenerState] = [:]
        func look(into namespace: borrowing NetworkNamespace) throws {
            let reading = try probe.look(into: namespace)
            counters[namespace.inode] = reading.counters
            conntrack[namespace.inode] = reading.conntrack
            seen.merge(reading.sockets) { $1 }
        }
        if let only {
            try look(into: only.value)
            return seen
        }
        for place in NetworkNamespace.all() {
            // It may have gone since it was found.
            guard let namespace = try? place.open() else { continue }
            do { try look(into: namespace) } catch { complain(error, place.inode) }
        }
        return seen
    }

    private mutating func complain(_ error: any Error, _ inode: UInt32) {
        if !complained { Output.error("tcpwhy: no sockets of network namespace \(inode): \(error)\n") }
        complained = true
    }
}
