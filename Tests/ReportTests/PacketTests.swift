// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Report

/// Dropped packets in the reports of `tcpwhy drops`.
@Suite struct PacketTests {
    private static var interval: DropsInterval {
        var interval = DropsSample.interval
        interval.packets = [
            packet("NO_SOCKET", "tcp_v4_rcv+0x9a", 9): 50,
            packet("NETFILTER_DROP", "nf_hook_slow+0x8c", 80): 1200,
            packet("NOT_SPECIFIED", "sk_stream_kill_queues+0x4", 80, .unclear): 7,
            packet("NOT_SPECIFIED", "sk_stream_kill_queues+0x9", 81, .unclear): 1,
            packet("NOT_SPECIFIED", "tcp_v4_rcv+0x300", 80, .listen): 20,
        ]
        return interval
    }

    private static func packet(
        _ reason: String?, _ location: String, _ port: UInt16, _ kind: PacketDrop.Kind = .drop
    ) -> PacketDrop {
        PacketDrop(
            kind: kind, reason: reason, location: location, transport: "tcp", port: port, netns: 4_026_531_840
        )
    }

    @Test func dropsFollowTheListenersAndTheRestIsExplained() {
        let text = DropsTable().text(Self.interval)
        #expect(
            text.contains(
                """

                DROPPED PACKETS  PACKET/s  PROTOCOL  PORT  WHERE
                NETFILTER_DROP       1200  tcp         80  nf_hook_slow+0x8c
                NO_SOCKET              50  tcp          9  tcp_v4_rcv+0x9a
                20 packets more are the listeners' drops, above
                8 packets freed without a reason, as it happens to closed sockets and used packets: \
                no drops, as far as can be told (sk_stream_kill_queues)
                kernel:
                """))
    }

    @Test func aKernelWithoutReasonsShowsPlaces() {
        var interval = DropsSample.interval
        interval.packets = [Self.packet(nil, "ip_rcv+0x10", 80): 3]
        #expect(
            DropsTable().text(interval).contains("no reason given         3  tcp         80  ip_rcv+0x10\n"))
    }

    @Test func noTableIsHigherThanItsTerminal() {
        for height in 1...30 {
            let style = TextStyle(width: 80, height: height)
            #expect(DropsTable(style: style).lines(Self.interval).count <= height)
        }
    }

    @Test func linesOfScripts() {
        let lines = String(decoding: DropsJSON.interval(Self.interval), as: UTF8.self).split(separator: "\n")
        let drops = lines.filter { $0.hasPrefix("{\"kind\":\"drop\"") }
        #expect(drops.count == 5)
        #expect(
            drops.first?.hasPrefix(
                """
                {"kind":"drop","reason":"NETFILTER_DROP","location":"nf_hook_slow+0x8c","protocol":"tcp",\
                "port":80,"count":1200,"class":"drop","netns":4026531840,"time":
                """) == true)
    }

    @Test func aFullConntrackTableIsTold() {
        var interval = DropsSample.interval
        interval.conntrack[4_026_531_840] = Conntrack(
            count: 65_536, maximum: 65_536, full: 310, insertFailed: 0, earlyDrop: 2)
        interval.counters.timeWaitOverflows = 7
        let text = DropsTable().text(interval)
        #expect(
            text.contains(
                """
                conntrack: 65,536 of 65,536 entries (100%), ≤310 packets dropped for want of room, \
                2 entries thrown out early
                also: 7 TCPTimeWaitOverflow (net.ipv4.tcp_max_tw_buckets reached)
                kernel:
                """))
        let lines = String(decoding: DropsJSON.interval(interval), as: UTF8.self)
        #expect(
            lines.contains(
                """
                {"kind":"conntrack","netns":4026531840,"count":65536,"max":65536,"full":310,\
                "insert_failed":0,"early_drop":2,
                """))
        #expect(lines.contains("\"backend\":\"counter\""))
        interval.conntrack[4_026_531_840]?.backend = .fentry
        #expect(DropsTable().text(interval).contains(", 310 packets dropped for want of room"))
        #expect(
            String(decoding: DropsJSON.interval(interval), as: UTF8.self).contains(
                "\"early_drop\":2,\"time\":\"2026"))
    }

    @Test func stacksFollowTheirReasonAndPlace() {
        var interval = Self.interval
        let packet = Self.packet("NO_SOCKET", "tcp_v4_rcv+0x9a", 9)
        var other = packet
        other.port = 10
        interval.packets?[other] = 2
        interval.stacks = [
            DropStack(packet: packet, frames: ["outer+0x1", "tcp_v4_rcv+0x9a"]): 40,
            DropStack(packet: other, frames: ["outer+0x1", "tcp_v4_rcv+0x9a"]): 2,
            DropStack(packet: packet, frames: ["another+0x7", "tcp_v4_rcv+0x9a"]): 7,
            DropStack(packet: packet, frames: []): 3,
        ]
        #expect(
            DropsTable().text(interval).contains(
                """

                NO_SOCKET at tcp_v4_rcv+0x9a, innermost function first
                42 by tcp_v4_rcv+0x9a < outer+0x1
                7 by tcp_v4_rcv+0x9a < another+0x7
                3 by stacks that were not kept (table full)

                kernel:
                """))
        let lines = String(decoding: DropsJSON.interval(interval), as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("{\"kind\":\"drop_stack\"") }
        #expect(lines.count == 3)
        #expect(
            lines.first?.hasPrefix(
                """
                {"kind":"drop_stack","reason":"NO_SOCKET","stack":["outer+0x1","tcp_v4_rcv+0x9a"],"count":42,\
                "location":"tcp_v4_rcv+0x9a","class":"drop","time":
                """) == true)
        #expect(lines.last?.contains("\"stack\":null,\"count\":3") == true)
        let filtered = interval.filtered({ listener, _ in listener.port == 80 })
        #expect(filtered.stacks?.isEmpty == true)
        for height in 12...30 {
            let lines = DropsTable(style: TextStyle(width: 80, height: height)).lines(interval)
            #expect(lines.count <= height && lines.contains { $0.hasPrefix("kernel:") })
        }
    }

    @Test func aHealthyConntrackTableIsNotTold() {
        var interval = DropsSample.interval
        interval.conntrack[1] = Conntrack(
            count: 18, maximum: 262_144, full: 0, insertFailed: 0, earlyDrop: 0)
        #expect(!DropsTable().text(interval).contains("conntrack"))
    }

    @Test func aFilterKeepsThePacketsOfItsPorts() {
        let filtered = Self.interval.filtered { listener, _ in listener.port == 80 }
        #expect(filtered.packets?.values.reduce(0, +) == 1227)
        let all = Self.interval.filtered({ _, _ in true }, isFilter: false)
        #expect(all.packets?.count == 5)
    }

    @Test func anIntervalIsTheDifference() {
        let port = Self.packet("NO_SOCKET", "tcp_v4_rcv+0x9a", 9)
        var earlier = DropsSnapshot(time: 0, wallTime: 0, backend: .fentry)
        earlier.packets = [port: 2]
        var later = DropsSnapshot(time: 1_000_000_000, wallTime: 1, backend: .fentry)
        later.packets = [port: 5, Self.packet("TCP_RESET", "tcp_v4_rcv+0x9a", 9): 1]
        #expect(later.since(earlier).packets?.values.sorted() == [1, 3])
    }
}
