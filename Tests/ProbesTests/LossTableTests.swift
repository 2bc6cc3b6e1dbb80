// SPDX-License-Identifier: Apache-2.0
import CPrograms
import Model
import Testing

@testable import Probes

@Suite struct LossTableTests {
    private func key(_ socket: UInt64, inode: UInt32) -> why_listener_key {
        var key = why_listener_key()
        key.id = socket
        key.inode = inode
        key.netns = 1
        key.port = 80
        return key
    }

    private func drops(_ count: UInt64) -> why_listener_stats {
        var stats = why_listener_stats()
        stats.name.family = UInt8(WHY_IPV4.rawValue)
        stats.causes.0 = count
        return stats
    }

    private func rows(_ table: LossTable) -> [Listener: ListenerState] {
        var known = KnownListeners()
        return table.rows(&known)
    }

    private func sums(_ table: LossTable) -> [UInt32: UInt64] {
        Dictionary(
            uniqueKeysWithValues: rows(table).map {
                ($0.key.inode, $0.value.drops?[.acceptQueueFullAtSYN] ?? 0)
            })
    }

    @Test func socketsThatWereClosedAtOneAddressAddUp() {
        var table = LossTable()
        table.add(key(1, inode: 0), drops(3))
        table.add(key(2, inode: 0), drops(4))
        #expect(sums(table) == [0: 7])
    }

    @Test func whatASocketLostWhileItWasBeingClosedIsItsOwn() {
        var table = LossTable()
        table.add(key(1, inode: 0), drops(3))
        table.add(key(1, inode: 70), drops(10))
        table.add(key(2, inode: 0), drops(4))
        #expect(sums(table) == [70: 13, 0: 4])
    }

    @Test func peersGoWithTheirSocket() {
        var table = LossTable()
        table.add(key(1, inode: 70), drops(10))
        table.add(key(1, inode: 0), drops(3))
        var peer = why_peer_key()
        peer.listener = 1
        table.add(peer, 3)
        peer.inode = 70
        table.add(peer, 10)
        #expect(rows(table).first?.value.peers.values.map { $0 } == [13])
    }

    @Test func rowsOfEachCPUAddUpWithTheSharedOne() {
        var near = why_near_row()
        near.key = key(1, inode: 70)
        near.stats = drops(10)
        // 10.0.0.1 in IPv6 form.
        let bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1]
        withUnsafeMutableBytes(of: &near.peers.3.address) { $0.copyBytes(from: bytes) }
        near.peers.3.count = 9
        var shared = why_peer_key()
        shared.listener = 1
        shared.inode = 70
        shared.address = near.peers.3.address
        var table = LossTable()
        table.add(near)
        table.add(near)
        table.add(key(1, inode: 70), drops(3))
        table.add(shared, 2)
        #expect(sums(table) == [70: 23])
        #expect(rows(table).first?.value.peers == [IPAddress(10, 0, 0, 1): 20])
    }

    @Test func aFreeRowIsNoListener() {
        var taken = why_near_row()
        taken.key = key(1, inode: 70)
        var table = LossTable()
        table.add(why_near_row())
        table.add(taken)
        #expect(rows(table).isEmpty)
    }

    @Test func aSocketIsKnownByWhatItLostBefore() {
        var known = KnownListeners()
        var first = LossTable()
        first.add(key(1, inode: 70), drops(10))
        #expect(first.rows(&known).keys.map(\.inode) == [70])
        var later = LossTable()
        later.add(key(1, inode: 0), drops(3))
        // Its memory holds something else by now.
        var garbage = drops(2)
        garbage.name.address.0 = 77
        later.add(key(1, inode: 70), garbage)
        #expect(later.rows(&known).keys.map(\.inode) == [70])
        #expect(later.rows(&known).keys.map(\.address) == first.rows(&known).keys.map(\.address))
        #expect(later.rows(&known).values.map { $0.drops?[.acceptQueueFullAtSYN] } == [5])
    }

    @Test func anotherSocketAtTheAddressIsAnother() {
        var known = KnownListeners()
        for inode: UInt32 in [70, 71] {
            var table = LossTable()
            table.add(key(1, inode: inode), drops(1))
            #expect(table.rows(&known).keys.map(\.inode) == [inode])
        }
    }
}
