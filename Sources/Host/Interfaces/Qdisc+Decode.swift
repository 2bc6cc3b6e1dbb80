// SPDX-License-Identifier: Apache-2.0
import CLinux
import Model

extension Qdisc {
    /// - Parameter body: of an `RTM_NEWQDISC` message: `struct tcmsg`, then attributes. `nil`: it is none.
    init?(_ body: ArraySlice<UInt8>) {
        guard let interface: UInt32 = body.integer(at: 4), let handle: UInt32 = body.integer(at: 8),
            let parent: UInt32 = body.integer(at: 12)
        else { return nil }
        let attributes = NetlinkAttributes(body.dropFirst(MemoryLayout<tcmsg>.size))
        guard let kind = attributes.text(TCA_KIND) else { return nil }
        self.init(
            id: ID(interface: interface, handle: handle, parent: parent), kind: kind,
            settings: Settings(kind, attributes[TCA_OPTIONS] ?? []))
        guard let counters = attributes.nested(TCA_STATS2) else { return }
        // struct gnet_stats_basic: bytes, then packets, of which all 64 bits come by themselves.
        packets =
            counters.integer(Statistics.packets64)
            ?? (counters.integer(Statistics.basic, at: 8) as UInt32?).map(UInt64.init) ?? 0
        // struct gnet_stats_queue: qlen, backlog, drops.
        drops = (counters.integer(Statistics.queue, at: 8) as UInt32?).map(UInt64.init) ?? 0
        overLimit = Self.overLimit(kind, counters[Statistics.own] ?? [])
    }

    /// Of include/uapi/linux/gen_stats.h.
    private enum Statistics {
        static let basic = 1
        static let queue = 3
        static let own = 4
        static let packets64 = 8
    }

    /// - Parameter bytes: `struct tc_fq_codel_xstats`, of which the first word says what follows, or
    ///   `struct tc_codel_xstats`.
    private static func overLimit(_ kind: String, _ bytes: ArraySlice<UInt8>) -> UInt64? {
        let count: UInt32? =
            switch kind {
            case "fq_codel" where bytes.integer(at: 0) == 0 as UInt32?: bytes.integer(at: 8)
            case "codel": bytes.integer(at: 20)
            default: nil
            }
        return count.map(UInt64.init)
    }
}

extension Qdisc.Settings {
    /// - Parameter options: as `TCA_OPTIONS` has them: plain structures of some kinds, attributes of
    ///   others (include/uapi/linux/pkt_sched.h).
    init(_ kind: String, _ options: ArraySlice<UInt8>) {
        self.init()
        switch kind {
        case "pfifo", "bfifo", "pfifo_head_drop": limit = options.integer(at: 0)
        case "sfq": limit = options.integer(at: 8)
        case "fq_codel", "codel": limit = NetlinkAttributes(options).integer(2)
        case "netem":
            limit = options.integer(at: 4)
            loss = (options.integer(at: 8) as UInt32?).map { Double($0) / Double(UInt32.max) }
        case "tbf": tokenBucket(NetlinkAttributes(options))
        default: break
        }
    }

    /// `struct tc_tbf_qopt`: rate and peak rate (`struct tc_ratespec`), limit, buffer.
    private mutating func tokenBucket(_ options: NetlinkAttributes) {
        let parameters = 1, rate64 = 4
        guard let low: UInt32 = options.integer(parameters, at: 8),
            let overhead: UInt16 = options.integer(parameters, at: 2),
            let peak: UInt32 = options.integer(parameters, at: 20),
            let buffer: UInt32 = options.integer(parameters, at: 28)
        else { return }
        limit = options.integer(parameters, at: 24)
        let rate: UInt64 = options.integer(rate64) ?? UInt64(low)
        self.rate = rate
        // The buffer is as long as sending it takes, in 64 ns (PSCHED_SHIFT, include/net/pkt_sched.h).
        let bytes = (Double(rate) * Double(buffer) * 64 / 1e9).rounded()
        // Any rate may be set, where only its own namespace has to bear it.
        burst = UInt64(exactly: bytes) ?? .max
        hasMore = peak != 0 || overhead != 0
    }
}

extension Qdisc.Link {
    /// - Parameter body: of an `RTM_NEWLINK` message: `struct ifinfomsg`, then attributes. `nil`: it
    ///   is none.
    init?(_ body: ArraySlice<UInt8>) {
        let name = 3, mtu = 4, queueLength = 13
        let attributes = NetlinkAttributes(body.dropFirst(MemoryLayout<ifinfomsg>.size))
        guard let text = attributes.text(name), let bytes: UInt32 = attributes.integer(mtu) else {
            return nil
        }
        self.init(name: text, mtu: bytes, queueLength: attributes.integer(queueLength) ?? 0)
    }
}
