// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Host

@Suite struct QdiscTests {
    private func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value) { Array($0) }
    }

    private func words(_ words: UInt32...) -> [UInt8] { words.flatMap(bytes) }

    private func attribute(_ number: UInt16, _ value: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
        return bytes(UInt16(value.count + 4)) + bytes(number) + value + padding
    }

    /// struct tcmsg, kind, options, statistics: 700 packets, 90 dropped.
    private func message(_ kind: String, _ options: [UInt8], own: [UInt8]? = nil) -> [UInt8] {
        var statistics =
            attribute(1, bytes(1_000_000 as UInt64) + words(700)) + attribute(3, words(3, 4500, 90, 0, 12))
        if let own { statistics += attribute(4, own) }
        return words(0, 2, 0x8001_0000, 0xFFFF_FFFF, 1) + attribute(1, Array(kind.utf8) + [0])
            + attribute(2, options) + attribute(7, statistics)
    }

    private func qdisc(_ kind: String, _ options: [UInt8] = [], own: [UInt8]? = nil) throws -> Qdisc {
        try #require(Qdisc(message(kind, options, own: own)[...]))
    }

    @Test func counters() throws {
        let qdisc = try qdisc("pfifo", words(100))
        #expect(qdisc.id == Qdisc.ID(interface: 2, handle: 0x8001_0000, parent: Qdisc.root))
        #expect(qdisc.kind == "pfifo" && qdisc.packets == 700 && qdisc.drops == 90)
        #expect(qdisc.settings.limit == 100 && qdisc.overLimit == nil)
    }

    /// 20 Mbit/s, 16 KiB: 6,553,600 ns in units of 64 ns.
    @Test func tokenBucket() throws {
        let rate = words(0x0101, 0xffff, 2_500_000), none = words(0, 0, 0)
        let settings = try qdisc("tbf", attribute(1, rate + none + words(20_000, 102_400, 0))).settings
        #expect(settings.rate == 2_500_000 && settings.burst == 16_384 && settings.limit == 20_000)
        #expect(!settings.hasMore)
        let peak = try qdisc("tbf", attribute(1, rate + rate + words(20_000, 102_400, 0))).settings
        #expect(peak.hasMore)
        let fast =
            attribute(1, words(0, 0, .max) + none + words(1, 1, 0))
            + attribute(4, bytes(12_500_000_000 as UInt64))
        #expect(try qdisc("tbf", fast).settings.rate == 12_500_000_000)
        let absurd =
            attribute(1, words(0, 0, .max) + none + words(1, .max, 0)) + attribute(4, bytes(UInt64.max))
        #expect(try qdisc("tbf", absurd).settings.burst == .max)
    }

    @Test func codelsTellEarlyDropsFromFullQueues() throws {
        let fair = try qdisc("fq_codel", attribute(2, words(10_240)), own: words(0, 1514, 7, 0, 0))
        #expect(fair.settings.limit == 10_240 && fair.overLimit == 7)
        // Of a class, not of the qdisc.
        #expect(try qdisc("fq_codel", own: words(1, 1514, 7)).overLimit == nil)
        #expect(try qdisc("codel", own: words(1514, 1, 0, 9, 0, 5, 0, 0, 0)).overLimit == 5)
    }

    @Test func netem() throws {
        let settings = try qdisc("netem", words(0, 1000, .max / 2, 0, 0, 0)).settings
        #expect(settings.limit == 1000 && abs((settings.loss ?? 0) - 0.5) < 1e-6)
    }

    @Test func interface() throws {
        let body =
            words(0, 2, 0, 0) + attribute(3, Array("eth0".utf8) + [0]) + attribute(4, words(1500))
            + attribute(13, words(1000))
        #expect(Qdisc.Link(body[...]) == Qdisc.Link(name: "eth0", mtu: 1500, queueLength: 1000))
        #expect(Qdisc.Link(body[..<20]) == nil)
    }

    /// Whatever is cut off or wrong is nothing, and no trap.
    @Test func shortMessagesAreNone() throws {
        let whole = message("tbf", attribute(1, words(0, 0, 1, 0, 0, 0, 1, 1, 1)), own: words(0))
        for length in 0..<whole.count { _ = Qdisc(whole[..<length]) }
        #expect(Qdisc(whole[..<20]) == nil)
        for place in 20..<whole.count {
            for value: UInt8 in [0, 1, 3, 255] {
                var damaged = whole
                damaged[place] = value
                _ = Qdisc(damaged[...])
            }
        }
    }

    @Test func datagramsHoldSeveralMessages() {
        let one = words(19) + bytes(UInt16(36)) + bytes(UInt16(2)) + words(5, 0) + [1, 2, 3, 0]
        let two = words(16) + bytes(UInt16(3)) + bytes(UInt16(2)) + words(5, 0)
        let messages = NetlinkMessage.all(in: one + two)
        #expect(messages.map(\.type) == [36, 3] && messages.map(\.sequence) == [5, 5])
        #expect(messages.first.map { Array($0.body) } == [1, 2, 3])
        // One that says it is longer than what there is, or shorter than its header.
        #expect(NetlinkMessage.all(in: words(17) + two.dropFirst(4)).isEmpty)
        #expect(NetlinkMessage.all(in: words(3) + two.dropFirst(4)).isEmpty)
    }

    @Test func ownNamespaceNow() throws {
        let qdiscs = try Qdiscs.current()
        #expect(qdiscs.allSatisfy { $0.drops > 0 && $0.link != nil })
    }
}
