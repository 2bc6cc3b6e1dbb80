// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Collector
import Glibc
import Host
import Model
import Testing

@testable import tcpwhy

@Suite struct DropsReaderTests {
    private static let web = Listener(netns: 1, address: IPAddress(0, 0, 0, 0), port: 80, inode: 800)
    private static let other = Listener(netns: 1, address: IPAddress(0, 0, 0, 0), port: 81, inode: 810)

    private static func loss(at socket: Listener, second: UInt64) -> ListenLoss {
        ListenLoss(
            time: second * 1_000_000_000, cause: .acceptQueueFullAtSYN, netns: 1, inode: socket.inode,
            local: socket.address, localPort: socket.port, remote: IPAddress(10, 0, 0, 9), remotePort: 7,
            acceptQueue: 6, backlog: 5, synQueue: 0)
    }

    private static func snapshot(second: UInt64, drops: UInt64) -> Snapshot {
        let time = second * 1_000_000_000
        var snapshot = Snapshot(time: time, wallOffset: 0)
        var state = ListenerState()
        state.drops = ListenDrops()
        state.drops?[.acceptQueueFullAtSYN] = drops
        state.drops?.listenDrops = drops
        let owners = [
            web.inode: [SocketOwner(pid: 1, command: "nginx", descriptor: 6)],
            other.inode: [SocketOwner(pid: 2, command: "caddy", descriptor: 6)],
        ]
        snapshot.drops = .seen(
            DropsSnapshot(
                time: time, wallTime: Double(second), backend: .fentry,
                listeners: [web: state, other: state],
                owners: owners))
        snapshot.drops = snapshot.drops.map { drops in
            var drops = drops
            drops.packets = [:]
            return drops
        }
        return snapshot
    }

    private func read(_ form: DropsView.Form, _ arguments: [String]) throws -> String {
        var path = Array("/tmp/drops-reader-XXXXXX".utf8CString)
        close(mkstemp(&path))
        let file = String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { unlink(file) }
        let source = Recording(
            updates: [
                .first(Self.snapshot(second: 1, drops: 4)), .events,
                .tick(Self.snapshot(second: 2, drops: 7)), .last(Self.snapshot(second: 3, drops: 7)),
            ],
            events: [Self.web, Self.other].map {
                .loss(
                    Self.loss(at: $0, second: 2), socket: $0,
                    owners: [SocketOwner(pid: 1, command: $0 == Self.web ? "nginx" : "caddy", descriptor: 6)])
            })
        let view = DropsView(output: try Output(path: file, .growing), form: form, top: 20)
        let shown = try ListenerFilter.parse(arguments).shown()
        var reader = DropsReader(view, shown, ownersOfAll: true)
        try reader.read(source)
        return String(decoding: try OpenFile(file).readAllBytes(file), as: UTF8.self)
    }

    @Test func aFilterByNameHoldsForEventsRowsAndTotals() throws {
        let lines = try read(.jsonEvents, ["-c", "nginx"]).split(separator: "\n")
        #expect(lines.count { $0.contains(#""kind":"loss""#) } == 1)
        #expect(lines.count { $0.contains(#""comm":"caddy""#) } == 0)
        #expect(lines.last?.contains(#""listen_drops":3"#) == true)
    }

    @Test func nothingIsSaidOfAMomentInWhichNothingHappened() throws {
        let text = try read(.table, [])
        // One interval, and the totals.
        #expect(text.split(separator: "\n").count { $0.contains("interval 1s") } == 1)
        #expect(text.split(separator: "\n").count { $0.hasPrefix("total of 2s") } == 1)
    }
}
