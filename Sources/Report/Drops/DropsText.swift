// SPDX-License-Identifier: Apache-2.0
import Model

/// Words that the drops reports share.
enum DropsText {
    /// "nginx[12]", with further processes "nginx[12]+3". Nobody's is "–".
    static func process(_ row: DropsRow) -> String {
        guard let owner = row.owners.first else { return row.state.isClosed ? "(closed)" : Units.none }
        let more = row.owners.count > 1 ? "+\(row.owners.count - 1)" : ""
        let closed = row.state.isClosed ? " (closed)" : ""
        return "\(owner.command)[\(owner.pid)]" + more + closed
    }

    /// As `ss` has it: "*:80" is the IPv6 socket that takes every address of both
    /// families, "[::]:80" takes IPv6 only, "0.0.0.0:80" is an IPv4 socket.
    static func listener(_ listener: Listener) -> String {
        let takesAll = listener.isDualStack && listener.address.isUnspecified
        guard takesAll, listener.address.family == .ipv6 else {
            return EndpointText.of(listener.address, listener.port)
        }
        return "*:\(listener.port)"
    }

    /// "accept queue full at SYN 310/s, SYN cookie sent 2/s", the most frequent
    /// first. Without seconds, the counts themselves.
    static func causes(
        _ drops: ListenDrops, over seconds: Double?, where isShown: (ListenCause) -> Bool = { _ in true }
    ) -> String {
        let sorted = ListenCause.allCases.filter { drops[$0] > 0 && isShown($0) }
            .sorted { (drops[$1], $0.rawValue) < (drops[$0], $1.rawValue) }
        return sorted.map { cause in
            let amount = seconds.map { Units.rate(drops[cause], over: $0) + "/s" }
            return cause.text + " " + (amount ?? Units.exact(drops[cause]))
        }.joined(separator: ", ")
    }

    /// The backend, and what is to be known of its figures.
    static func means(_ interval: DropsInterval) -> String {
        let backend = "backend \(interval.backend.rawValue)"
        guard interval.backend == .tracepoint else { return backend }
        return backend + "  sk_drops: a drop at ACK counts ≥2"
    }

    /// Instead of rows. The kernel may have counted what no socket is known to have lost.
    static func noRows(_ interval: DropsInterval) -> String {
        let isUnknown = (interval.notAttributed ?? interval.counters.listenDrops) > 0
        return isUnknown
            ? "no listening socket is known to have lost a connection"
            : "no listening socket lost a connection"
    }

    /// What else the kernel says of lost connections; mostly nothing.
    static func others(_ interval: DropsInterval) -> [String] {
        var lines: [String] = []
        for (netns, table) in interval.conntrack.sorted(by: { $0.key < $1.key }) where table.isTight {
            lines.append(conntrack(table, of: interval.conntrack.count > 1 ? netns : nil))
        }
        let counters = [
            (
                interval.counters.timeWaitOverflows,
                "TCPTimeWaitOverflow (net.ipv4.tcp_max_tw_buckets reached)"
            ),
            (
                interval.counters.abortsOnMemory,
                "TCPAbortOnMemory (net.ipv4.tcp_max_orphans or tcp_mem reached)"
            ),
            (interval.counters.memoryPressures, "TCPMemoryPressures (net.ipv4.tcp_mem)"),
        ].filter { $0.0 > 0 }.map { "\(Units.exact($0.0)) \($0.1)" }
        if !counters.isEmpty { lines.append("also: " + counters.joined(separator: ", ")) }
        return lines
    }

    /// "conntrack: 65,536 of 65,536 entries (100%), 310 packets dropped for want of room"
    private static func conntrack(_ table: Conntrack, of netns: UInt32?) -> String {
        let limit = table.maximum.map { " of \(Units.exact($0))" } ?? ""
        let use = table.use.map { " (\(Units.percent($0)))" } ?? ""
        var parts = [
            table.count.map { "\(Units.exact($0))\(limit) entries\(use)" } ?? "the namespace is gone"
        ]
        // The kernel's own counter has others among them.
        let bound = table.backend == nil ? "≤" : ""
        let counts = [
            (table.full, bound, "packets dropped for want of room"),
            (table.insertFailed, "", "insert failures"), (table.earlyDrop, "", "entries thrown out early"),
        ]
        for (count, bound, what) in counts {
            if let count, count > 0 { parts.append("\(bound)\(Units.exact(count)) \(what)") }
        }
        let place = netns.map { " of netns \($0)" } ?? ""
        return "conntrack\(place): " + parts.joined(separator: ", ")
    }

    /// "kernel: 310 ListenDrops, …; attributed 310, not attributed 0": what the kernel
    /// counts itself beside what the rows add up to.
    static func kernel(_ interval: DropsInterval) -> String {
        let counters: [(UInt64, String)] = [
            (interval.counters.listenDrops, "ListenDrops"),
            (interval.counters.listenOverflows, "ListenOverflows"),
            (interval.counters.requestQueueFullDrops, "TCPReqQFullDrop"),
            (interval.counters.requestQueueFullCookies, "TCPReqQFullDoCookies"),
        ]
        let kernel = "kernel: " + counters.map { "\(Units.exact($0)) \($1)" }.joined(separator: ", ")
        guard let rest = interval.notAttributed else { return kernel }
        let attributed = Units.exact(interval.total.listenDrops)
        return kernel + "; attributed \(attributed), not attributed \(Units.exact(rest))"
    }
}
