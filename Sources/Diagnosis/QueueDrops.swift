// SPDX-License-Identifier: Apache-2.0
import Model

/// What an interface's queueing disciplines dropped of what a namespace sends.
struct QueueDrops {
    let netns: UInt32
    /// The one among the interface's that dropped most by itself.
    let qdisc: Qdisc
    /// Packets that all of the interface's dropped.
    let count: UInt64
    /// Of so many that were to leave by the interface.
    let all: UInt64

    /// 0 to 1.
    var share: Double { Double(count) / Double(max(all, 1)) }

    /// As `tc` calls it.
    static let counter = "dropped (tc -s qdisc)"

    /// Most first.
    static func all(_ seen: Observation) -> [QueueDrops] {
        seen.sortedNamespaces.flatMap { netns, facts in
            let sending = (facts.qdiscs ?? []).filter { $0.drops > 0 && $0.id.parent != incoming }
            return Dictionary(grouping: sending, by: \.id.interface).values.compactMap { of($0, netns) }
        }
        .sorted { ($0.count, $1.interface, $1.netns) > ($1.count, $0.interface, $0.netns) }
    }

    /// `TC_H_INGRESS`: it sees what comes in.
    private static let incoming: UInt32 = 0xFFFF_FFF1

    /// - Parameter qdiscs: of one interface. A parent's drops include its children's
    ///   (`qdisc_tree_reduce_backlog`; of mq by addition, `mq_dump`).
    private static func of(_ qdiscs: [Qdisc], _ netns: UInt32) -> QueueDrops? {
        guard let root = qdiscs.max(by: { $0.drops < $1.drops }),
            let worst = qdiscs.max(by: { own($0, qdiscs) < own($1, qdiscs) })
        else { return nil }
        return QueueDrops(netns: netns, qdisc: worst, count: root.drops, all: root.drops &+ root.packets)
    }

    private static func own(_ qdisc: Qdisc, _ all: [Qdisc]) -> UInt64 {
        let below = all.filter {
            $0.id != qdisc.id && $0.id.parent != Qdisc.root && $0.id.parent >> 16 == qdisc.id.handle >> 16
        }
        return qdisc.drops.minus(below.reduce(0) { $0 &+ $1.drops })
    }

    /// "eth0"
    var interface: String { qdisc.link?.name ?? "interface \(qdisc.id.interface)" }

    /// "tbf 8001:"
    var name: String {
        let handle = qdisc.id.handle >> 16
        return qdisc.kind + (handle == 0 ? "" : " \(String(handle, radix: 16)):")
    }
}

extension QueueDrops {
    /// Why a queueing discipline drops.
    enum Reason {
        /// Its queue is full.
        case full
        /// Packets that it can never send: they are larger than its bucket or its queue.
        case tooLarge
        /// It keeps the queue short by dropping early (CoDel, PIE, RED, …).
        case early
        /// netem was told to lose packets.
        case told
    }

    var reason: Reason {
        let settings = qdisc.settings
        if settings.loss ?? 0 > 0 { return .told }
        if let largest, largest > min(settings.burst ?? .max, qdisc.kind == "tbf" ? limit : .max) {
            return .tooLarge
        }
        let overLimit = qdisc.overLimit ?? (Self.early.contains(qdisc.kind) ? 0 : qdisc.drops)
        return overLimit * 2 >= qdisc.drops ? .full : .early
    }

    /// Those that do not tell how many of their drops found the queue full.
    private static let early: Set<String> = [
        "cake", "choke", "dualpi2", "fq_pie", "gred", "pie", "red", "sfb",
    ]

    /// Of its queue; without one as large as can be.
    private var limit: UInt64 { qdisc.settings.limit.map(UInt64.init) ?? .max }

    /// Bytes of the largest packet that is no longer segmented; `nil`: the interface is not known.
    var largest: UInt64? { qdisc.link.map { UInt64($0.mtu) + Self.header } }

    /// `ETH_HLEN`
    private static let header: UInt64 = 14
}
