// SPDX-License-Identifier: Apache-2.0
import CPrograms
import Model

/// What listeners lost, put together from the programs' tables.
struct LossTable {
    private var states: [Listener: ListenerState] = [:]
    /// A socket that was being closed has lost its inode: by its address it is known.
    private var named: [SocketAddress: Listener] = [:]
    /// Several of one address may have been closed: each keeps what it lost.
    private var closing: [SocketAddress: (listener: Listener, state: ListenerState)] = [:]
    private var places: [Socket: SocketAddress] = [:]
    private var peers: [Socket: [IPAddress: UInt64]] = [:]

    private struct SocketAddress: Hashable {
        let address: UInt64
        let netns: UInt32
        let port: UInt16

        init(_ key: why_listener_key) {
            address = key.id
            netns = key.netns
            port = key.port
        }
    }

    private struct Socket: Hashable {
        let address: UInt64
        let inode: UInt32
    }

    mutating func add(_ key: why_listener_key, _ value: why_listener_stats) {
        let listener = ListenerDecoding.listener(key, value.name)
        let state = ListenerDecoding.state(value)
        places[Socket(address: key.id, inode: key.inode)] = SocketAddress(key)
        if key.inode == 0 {
            closing[SocketAddress(key)] = (listener, state)
        } else {
            named[SocketAddress(key)] = listener
            states[listener, default: ListenerState()].merge(state)
        }
    }

    mutating func add(_ key: why_peer_key, _ count: UInt64) {
        add(count, of: IPAddress(key.address, .ipv6), to: Socket(address: key.listener, inode: key.inode))
    }

    /// A row that a CPU has for itself.
    mutating func add(_ row: why_near_row) {
        // Free, or just being taken.
        guard row.key.id != 0, ListenerDecoding.state(row.stats).drops?.isEmpty == false else { return }
        add(row.key, row.stats)
        let socket = Socket(address: row.key.id, inode: row.key.inode)
        withUnsafeBytes(of: row.peers) { bytes in
            for peer in bytes.bindMemory(to: why_near_peer.self) where peer.count > 0 {
                add(peer.count, of: IPAddress(peer.address, .ipv6), to: socket)
            }
        }
    }

    private mutating func add(_ count: UInt64, of peer: IPAddress, to socket: Socket) {
        peers[socket, default: [:]][peer.unmapped, default: 0] += count
    }

    var rows: [Listener: ListenerState] {
        var rows = states
        for (place, closed) in closing {
            rows[named[place] ?? closed.listener, default: ListenerState()].merge(closed.state)
        }
        for (socket, counts) in peers {
            guard let place = places[socket], let listener = named[place] ?? closing[place]?.listener else {
                continue
            }
            rows[listener]?.peers.add(counts)
        }
        return rows
    }
}
