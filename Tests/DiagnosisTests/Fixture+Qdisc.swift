// SPDX-License-Identifier: Apache-2.0
import Model

extension Fixture {
    /// Of eth0.
    static func qdisc(
        _ kind: String, handle: UInt32 = 0x8001, parent: UInt32 = Qdisc.root, drops: UInt64,
        packets: UInt64 = 95_000,
        limit: UInt32? = nil, overLimit: UInt64? = nil, name: String = "eth0", mtu: UInt32 = 1500
    ) -> Qdisc {
        var qdisc = Qdisc(id: Qdisc.ID(interface: 2, handle: handle << 16, parent: parent), kind: kind)
        qdisc.drops = drops
        qdisc.packets = packets
        qdisc.overLimit = overLimit
        qdisc.settings.limit = limit
        qdisc.link = Qdisc.Link(name: name, mtu: mtu, queueLength: 1000)
        return qdisc
    }

    /// 20 Mbit/s.
    static func tokenBucket(
        drops: UInt64, packets: UInt64 = 95_000, burst: UInt64 = 16_384, limit: UInt32 = 20_000,
        mtu: UInt32 = 1500
    ) -> Qdisc {
        var qdisc = qdisc("tbf", drops: drops, packets: packets, limit: limit, mtu: mtu)
        qdisc.settings.rate = 2_500_000
        qdisc.settings.burst = burst
        return qdisc
    }
}
