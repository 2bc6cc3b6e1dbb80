// SPDX-License-Identifier: Apache-2.0

/// A queueing discipline of a network interface, what passed it and what it dropped: what
/// `tc -s qdisc` shows (`tc_fill_qdisc`, net/sched/sch_api.c).
public struct Qdisc: Sendable, Hashable {
    /// Which one it is, for as long as it is there.
    public struct ID: Sendable, Hashable {
        /// The interface's number.
        public var interface: UInt32
        /// Major number in the upper half: "8001:" is 0x8001_0000. 0: the kernel made it by itself.
        public var handle: UInt32
        /// The class it is attached to; `root`: to the interface.
        public var parent: UInt32

        public init(interface: UInt32, handle: UInt32, parent: UInt32) {
            self.interface = interface
            self.handle = handle
            self.parent = parent
        }
    }

    /// `TC_H_ROOT`
    public static let root: UInt32 = 0xFFFF_FFFF

    public var id: ID
    /// "tbf", "fq_codel"
    public var kind: String
    public var settings: Settings
    /// Packets that left it; of a segmented one each segment.
    public var packets: UInt64 = 0
    /// Packets it dropped, those of qdiscs below it included.
    public var drops: UInt64 = 0
    /// Of these, those that found the queue full, where it drops some earlier on purpose (fq_codel,
    /// codel: `drop_overlimit`). `nil`: it does not tell.
    public var overLimit: UInt64?
    /// The interface, as far as it was asked for.
    public var link: Link?

    public init(id: ID, kind: String, settings: Settings = Settings()) {
        self.id = id
        self.kind = kind
        self.settings = settings
    }

    /// What it was told to do. `nil`: this kind has no such setting, or it was not understood.
    public struct Settings: Sendable, Hashable {
        /// As many as its queue holds: bytes of bfifo and tbf, packets of all others.
        public var limit: UInt32?
        /// tbf: bytes a second.
        public var rate: UInt64?
        /// tbf: the largest packet it can ever send, bytes.
        public var burst: UInt64?
        /// tbf: has settings (a peak rate, an overhead) that are not known here.
        public var hasMore = false
        /// netem: the share of packets it was told to lose, 0 to 1.
        public var loss: Double?

        public init() {}
    }

    /// The interface that it sends by.
    public struct Link: Sendable, Hashable {
        public var name: String
        /// Bytes of a packet, without its link-layer header.
        public var mtu: UInt32
        /// `txqueuelen`: packets.
        public var queueLength: UInt32

        public init(name: String, mtu: UInt32, queueLength: UInt32) {
            self.name = name
            self.mtu = mtu
            self.queueLength = queueLength
        }
    }

    /// Counters of the time between; all else as it is now.
    public func since(_ earlier: Qdisc?) -> Qdisc {
        guard let earlier, earlier.kind == kind else { return self }
        var result = self
        result.packets = packets.minus(earlier.packets)
        result.drops = drops.minus(earlier.drops)
        result.overLimit = overLimit.map { $0.minus(earlier.overLimit ?? 0) }
        return result
    }
}

extension [Qdisc] {
    /// Counters of the time between. One that was not there began at 0.
    func since(_ earlier: [Qdisc]) -> [Qdisc] {
        let before = Dictionary(earlier.map { ($0.id, $0) }) { first, _ in first }
        return map { $0.since(before[$0.id]) }
    }
}
