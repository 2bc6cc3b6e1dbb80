// SPDX-License-Identifier: Apache-2.0
import CPrograms
import Model
import Testing

@testable import Probes

/// Dropped packets, from the programs' keys and stacks.
@Suite struct PacketTests {
    @Test func aStackHasItsNumberAndOneThatWasNotKeptHasNone() {
        var key = why_packet_key()
        #expect(PacketDecoding.stack(key) == nil)
        key.stack = 1
        #expect(PacketDecoding.stack(key) == 0)
        // The last number.
        key.stack = UInt16(1 << WHY_STACK_SHORT_BITS)
        #expect(PacketDecoding.stack(key) == UInt32(key.stack) - 1)
        key.stack = UInt16(WHY_STACK_LOST)
        #expect(PacketDecoding.stack(key) == nil)
    }

    @Test func aStackBeginsWhereThePacketWasDropped() {
        let names: [UInt64: String] = [
            1: "bpf_prog_12_btf_dropped", 2: "bpf_trace_run3", 3: "kfree_skb_reason",
        ]
        func trim(_ frames: [UInt64], _ location: UInt64) -> [UInt64] {
            Array(PacketStacks.trim(frames, location) { names[$0] ?? "tcp_v4_rcv" })
        }
        #expect(trim([1, 2, 3, 7, 8], 7) == [7, 8])
        #expect(trim([1, 2, 3, 7, 8], 99) == [7, 8])
        #expect(trim([], 7) == [] && trim([1], 7) == [])
    }

    @Test func anAddressWithoutASymbolIsShownAsSuch() {
        var key = why_packet_key()
        key.location = 0xffff_ffff_8100_0010
        key.protocol = 0x0800
        key.transport = 6
        key.port = 80
        let packet = PacketDecoding.packet(key, "NO_SOCKET", PacketPlaces())
        #expect(packet.location == "0xffffffff81000010" && packet.kind == .drop)
        #expect(packet.transport == "tcp" && packet.port == 80 && packet.netns == nil)
    }
}
