// SPDX-License-Identifier: Apache-2.0
import Model

/// One row: a listening socket, what it lost, and whose it is.
struct DropsRow {
    var listener: Listener
    var state: ListenerState
    /// One per process, the one with the lowest pid first: in most servers the parent.
    var owners: [SocketOwner]

    /// All listening sockets of an interval, those that lost most first, then those
    /// whose queues are fullest.
    static func all(of interval: DropsInterval) -> [DropsRow] {
        let ranked = unsorted(interval).map { (row: $0, rank: $0.rank(interval.backend)) }
        return ranked.sorted { left, right in
            if left.rank != right.rank { return right.rank < left.rank }
            return left.row.listener.precedes(right.row.listener)
        }.map(\.row)
    }

    static func unsorted(_ interval: DropsInterval) -> [DropsRow] {
        interval.listeners.map { listener, state in
            DropsRow(
                listener: listener, state: state,
                owners: processes(interval.owners[listener.inode] ?? []))
        }
    }

    /// Only those that lost something, or sent cookies instead.
    static func lossy(of interval: DropsInterval) -> [DropsRow] {
        all(of: interval).filter { row in
            if interval.backend == .tracepoint { return (row.state.socketDrops ?? 0) > 0 }
            return row.state.drops?.isEmpty == false
        }
    }

    /// A process can hold a socket more than once: by its lowest descriptor.
    private static func processes(_ owners: [SocketOwner]) -> [SocketOwner] {
        var first: [UInt32: SocketOwner] = [:]
        for owner in owners {
            if let known = first[owner.pid], known.descriptor <= owner.descriptor { continue }
            first[owner.pid] = owner
        }
        return first.values.sorted { $0.pid < $1.pid }
    }

    private func rank(_ backend: Backend) -> (UInt64, UInt32, UInt32) {
        let drops = backend == .tracepoint ? state.socketDrops : state.drops?.listenDrops
        return (drops ?? 0, state.queues?.acceptQueue ?? 0, state.queues?.synQueue ?? 0)
    }
}

extension Listener {
    /// An order that does not change from one interval to the next.
    func precedes(_ other: Listener) -> Bool {
        if address != other.address { return address < other.address }
        if port != other.port { return port < other.port }
        if netns != other.netns { return netns < other.netns }
        return inode < other.inode
    }
}
