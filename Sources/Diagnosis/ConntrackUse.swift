// SPDX-License-Identifier: Apache-2.0
import Model

/// The connection tracking table of one namespace, as rules look at it.
struct ConntrackUse {
    let netns: UInt32
    let name: String
    let table: Conntrack
    /// Connections whose first packet found no room.
    let refused: UInt64
    let refusedRate: String
    /// Thrown out to make room.
    let madeRoom: UInt64
    /// Not entered for other reasons.
    let raced: UInt64
    /// Of all new connections, 0 to 1.
    let refusedShare: Double
    let racedShare: Double

    init(_ netns: UInt32, _ table: Conntrack, _ seen: Observation) {
        self.netns = netns
        self.table = table
        name = seen.name(of: netns)
        refused = table.full ?? 0
        refusedRate = seen.rateText(refused)
        madeRoom = table.earlyDrop ?? 0
        raced = table.insertFailed ?? 0
        let opens = Double(seen.opens(in: netns))
        refusedShare = refused > 0 ? Double(refused) / (Double(refused) + opens) : 0
        racedShare = raced > 0 ? Double(raced) / (Double(raced) + opens) : 0
    }

    /// Of the table, 0 to 1. `nil`: not known.
    var share: Double? { table.use }

    /// " (200 of 200 entries)"
    var text: String {
        guard let count = table.count, let maximum = table.maximum else { return "" }
        return " (\(Units.exact(count)) of \(Units.exact(maximum)) entries)"
    }
}

/// What helps where connection tracking has no room.
struct ConntrackFixes {
    let use: ConntrackUse
    let seen: Observation

    /// An entry outlives its connection by so much: `nf_conntrack_tcp_timeout_time_wait`'s
    /// default (`tcp_timeouts`, net/netfilter/nf_conntrack_proto_tcp.c).
    private static let timeWaitSeconds = 120.0
    /// Memory of an entry with its extensions, about (`nf_conntrack` and `kmalloc` in /proc/slabinfo).
    private static let entryBytes: UInt64 = 320

    /// Entries there would be, had there been room: those there are, and by Little's law those
    /// refused each second for as long as an entry stays; a quarter more, since load is never
    /// even. No more than a quarter of the memory that is to be had.
    var neededEntries: Int {
        let there = Double(use.table.count ?? use.table.maximum ?? 0)
        let missed = seen.rate(use.refused &+ use.madeRoom) * Self.timeWaitSeconds
        let needed = max((there + missed) * 1.25, Double(use.table.maximum ?? 0) * 2)
        var most = 1 << 26
        if let memory = seen.availableMemory { most = Int(clamping: memory / 4 / Self.entryBytes) }
        return PowerOfTwo.atLeast(needed, most: most)
    }

    /// `nil`: memory does not allow a larger one.
    func larger() -> Fix? {
        let entries = neededEntries
        guard entries > Int(clamping: use.table.maximum ?? 0) else { return nil }
        let memory = Units.bytes(UInt64(entries) &* Self.entryBytes)
        return Fix.sysctl(
            "let \(Units.exact(UInt64(entries))) connections be tracked, in each namespace (to be set in the "
                + "machine's initial namespace: in others it cannot be written)",
            "net.netfilter.nf_conntrack_max", "\(entries)", in: nil, seen,
            risk:
                "up to \(memory) of the kernel's memory (about \(Self.entryBytes) bytes per entry); searches in "
                + "the table get slower unless net.netfilter.nf_conntrack_buckets grows to \(entries), too")
    }

    /// Connections of the busiest port need no tracking.
    func leaveOut() -> Fix {
        let port = busiestPort
        let name =
            port.map { "connections to port \($0)" } ?? "connections that need no NAT and no stateful rule"
        let untracked = Untracked(
            prefix: seen.prefix(use.netns), firewall: seen.namespaces[use.netns]?.firewall)
        return Fix(
            "do not track \(name)", command: port.map(untracked.command) ?? "", lasting: untracked.lasting,
            risk:
                "rules that ask for a connection's state (ESTABLISHED) and NAT do not work for them any more")
    }

    /// The port that most connections of the namespace come to. `nil`: none listens.
    private var busiestPort: UInt16? {
        guard case .seen(let drops) = seen.drops else { return nil }
        let there = drops.listeners.filter { $0.key.netns == use.netns }
        return there.max {
            ($0.value.accepted?.accepts ?? 0, $1.key.port) < ($1.value.accepted?.accepts ?? 0, $0.key.port)
        }?.key.port
    }
}
