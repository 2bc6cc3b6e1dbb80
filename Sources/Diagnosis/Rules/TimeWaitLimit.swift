// SPDX-License-Identifier: Apache-2.0
import Model

/// Connections are closed without TIME_WAIT, since there are `net.ipv4.tcp_max_tw_buckets` of
/// them already (`tcp_time_wait`, net/ipv4/tcp_minisocks.c).
struct TimeWaitLimit: Rule {
    var ids: [FindingID] { [.timeWaitLimit] }

    /// Of the limit: nothing is lost below it, so being near is only worth a word.
    private let closeToLimit = 0.9

    func examine(_ seen: Observation) throws -> [Finding] {
        try seen.requireNamespaces()
        return seen.sortedNamespaces.compactMap { finding($0.netns, $0.facts, seen) }
    }

    private func finding(_ netns: UInt32, _ facts: NamespaceFacts, _ seen: Observation) -> Finding? {
        let lost = facts.counters.timeWaitOverflows
        let there = facts.use.timeWait ?? 0
        let limit = facts.settings.maxTimeWait ?? 0
        let isClose = limit > 0 && Double(there) >= Double(limit) * closeToLimit
        guard lost > 0 || isClose else { return nil }
        let name = seen.name(of: netns)
        return Finding(
            id: .timeWaitLimit, severity: lost > 0 ? .warning : .info,
            confidence: lost > 0 ? .certain : .possible,
            subject: .namespace(netns), subjectText: name,
            summary: lost > 0
                ? "\(seen.frequency(lost, "connection", in: netns)) \(lost == 1 ? "is" : "are") closed without TIME_WAIT in \(name): a late "
                    + "packet of theirs may end the next connection with the same ports"
                : "\(name) holds nearly as many connections in TIME_WAIT (\(there)) as it may (\(limit))",
            evidence: evidence(lost, seen.rate(lost, in: netns), there, limit), impact: Impact(),
            fixes: [larger(netns, facts, seen)].compactMap(\.self),
            check: "\(seen.prefix(netns))nstat -az TcpExtTCPTimeWaitOverflow",
            unsettled: lost > 0 ? "" : "TCPTimeWaitOverflow at the time of the highest load")
    }

    private func evidence(_ lost: UInt64, _ rate: Double, _ there: UInt64, _ limit: Int) -> [Evidence] {
        [
            Evidence(
                "time_wait_overflows_per_s", rate,
                "\(Units.exact(lost)) connections were closed without TIME_WAIT", by: .counter,
                counter: "TCPTimeWaitOverflow"),
            Evidence(
                "time_wait", Double(there), "\(Units.exact(there)) were in TIME_WAIT at the end",
                by: .counter,
                counter: "sockstat tw"),
            Evidence(
                "max_time_wait", Double(limit), "net.ipv4.tcp_max_tw_buckets is \(limit)", by: .setting),
        ]
    }

    /// TIME_WAIT lasts this long (`TCP_TIMEWAIT_LEN`, include/net/tcp.h).
    private static let seconds = 60.0
    /// Memory of a socket in TIME_WAIT, about (`tw_sock_TCP` in /proc/slabinfo).
    private static let bytes: UInt64 = 256

    /// By Little's law: those there are, and those that were refused each second for as long as
    /// they would have stayed; a quarter more, since load is never even.
    static func neededLimit(_ netns: UInt32, _ facts: NamespaceFacts, _ seen: Observation) -> Int {
        let missed = seen.rate(facts.counters.timeWaitOverflows, in: netns) * seconds
        let needed = (Double(facts.use.timeWait ?? 0) + missed) * 1.25
        return PowerOfTwo.atLeast(max(needed, Double(facts.settings.maxTimeWait ?? 0) * 2), most: 1 << 24)
    }

    private func larger(_ netns: UInt32, _ facts: NamespaceFacts, _ seen: Observation) -> Fix? {
        let value = Self.neededLimit(netns, facts, seen)
        guard value > facts.settings.maxTimeWait ?? 0 else { return nil }
        return Fix.sysctl(
            "let \(Units.exact(UInt64(value))) connections be in TIME_WAIT", "net.ipv4.tcp_max_tw_buckets",
            "\(value)",
            in: netns, seen,
            risk:
                "up to \(Units.bytes(UInt64(value) &* Self.bytes)) of the kernel's memory; connects from here find "
                + "more of their ports held, unless net.ipv4.tcp_tw_reuse is 1")
    }
}
