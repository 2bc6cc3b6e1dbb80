// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Model

/// The listeners that the programs saw, by their addresses in the kernel: a row is made anew in
/// each epoch, maybe when its socket is no more, or has lost its inode since it is being closed.
struct KnownListeners {
    private var known = Recent<Address, Listener>(keeping: 4096)

    private struct Address: Hashable {
        let socket: UInt64
        let netns: UInt32
        let port: UInt16
    }

    /// - Parameter name: what the program read when it made the row; what is known goes before.
    mutating func listener(_ key: why_listener_key, _ name: why_listener_name) -> Listener {
        let address = Address(socket: key.id, netns: key.netns, port: key.port)
        if let listener = known[address], key.inode == 0 || listener.inode == key.inode { return listener }
        let listener = ListenerDecoding.listener(key, name)
        if key.inode != 0 { known[address] = listener }
        return listener
    }
}

/// What listeners lost in one epoch, put together from the programs' tables.
struct LossTable {
    private var losses: [(key: why_listener_key, stats: why_listener_stats)] = []
    private var peers: [Socket: [IPAddress: UInt64]] = [:]

    private struct Socket: Hashable {
        let address: UInt64
        let inode: UInt32
    }

    mutating func add(_ key: why_listener_key, _ value: why_listener_stats) {
        losses.append((key, value))
    }

    mutating func add(_ key: why_peer_key, _ count: UInt64) {
        add(count, of: key.address, to: Socket(address: key.listener, inode: key.inode))
    }

    /// A row that a CPU has for itself.
    mutating func add(_ row: why_near_row) {
        // Free, or taken by what then was not counted.
        guard row.key.id != 0, ListenerDecoding.state(row.stats).drops?.isEmpty == false else { return }
        add(row.key, row.stats)
        let socket = Socket(address: row.key.id, inode: row.key.inode)
        withUnsafeBytes(of: row.peers) { bytes in
            for peer in bytes.bindMemory(to: why_near_peer.self) where peer.count > 0 {
                add(peer.count, of: peer.address, to: socket)
            }
        }
    }

    private mutating func add(_ count: UInt64, of peer: RawAddress, to socket: Socket) {
        peers[socket, default: [:]][IPAddress(peer, .ipv6).unmapped, default: 0] += count
    }

    /// By listener. What a socket lost while it was being closed is its own.
    func rows(_ known: inout KnownListeners) -> [Listener: ListenerState] {
        var rows: [Listener: ListenerState] = [:]
        var sockets: [Socket: Listener] = [:]
        for (key, stats) in losses.filter({ $0.key.inode != 0 }) + losses.filter({ $0.key.inode == 0 }) {
            let listener = known.listener(key, stats.name)
            sockets[Socket(address: key.id, inode: key.inode)] = listener
            rows[listener, default: ListenerState()].merge(ListenerDecoding.state(stats))
        }
        for (socket, counts) in peers {
            if let listener = sockets[socket] { rows[listener]?.peers.add(counts) }
        }
        return rows
    }
}

extension LossTable {
    /// Takes it out of the tables.
    /// - Parameter epoch: in which nobody counts any more.
    init(draining object: borrowing BPFObject, _ epoch: UInt32) throws(BPFError) {
        try object.map(named: "listener_near").drainPerCPU(NearPlaces.of(epoch, bits: WHY_NEAR_ROW_BITS)) {
            bytes in
            guard let row = bytes.read(why_near_row.self), row.key.id != 0 else { return false }
            add(row)
            return true
        }
        try object.map(named: "listener_rows").drain { keyBytes, valueBytes in
            guard let key = keyBytes.read(why_listener_key.self), key.epoch == epoch else { return false }
            if let value = valueBytes.read(why_listener_stats.self) { add(key, value) }
            return true
        }
        try object.map(named: "listener_peers").drain { keyBytes, valueBytes in
            guard let key = keyBytes.read(why_peer_key.self), key.epoch == epoch else { return false }
            if let count = valueBytes.read(UInt64.self) { add(key, count) }
            return true
        }
    }
}

/// Where an array with a number of places for each epoch has those of one.
enum NearPlaces {
    static func of(_ epoch: UInt32, bits: Int32) -> Range<UInt32> {
        epoch << UInt32(bits)..<(epoch + 1) << UInt32(bits)
    }
}
