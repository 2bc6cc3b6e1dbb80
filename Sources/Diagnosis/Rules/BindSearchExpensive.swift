// SPDX-License-Identifier: Apache-2.0
import Model

/// bind() to port 0 searches long for a port, or finds none: it needs one that nobody holds at
/// that address, where connect would share it (`inet_csk_get_port`).
struct BindSearchExpensive: Rule {
    var ids: [FindingID] { [.bindSearchExpensive] }

    /// A search in an empty range takes a few microseconds, one through 28,000 ports 8 ms:
    /// so long one takes that passes more than a hundred.
    private let longSearch = 50_000.0
    /// Of one CPU: a hundredth shows in a flame graph, a tenth in the throughput.
    private let muchTime = 0.01
    private let veryMuchTime = 0.1
    /// Of the binds: one in a hundred shows in the 99th percentile of response times.
    private let muchOfAll = 0.01

    func examine(_ seen: Observation) throws -> [Finding] {
        try BindCaller.all(seen).compactMap { caller in
            caller.withoutPort > 0 ? failing(caller, seen) : slow(caller, seen)
        }
    }

    private func failing(_ caller: BindCaller, _ seen: Observation) -> Finding {
        let share = Double(caller.withoutPort) / Double(max(caller.stats.connects, 1))
        return Finding(
            id: .bindSearchExpensive, severity: share >= muchOfAll ? .critical : .warning,
            confidence: .certain,
            subject: caller.subject, subjectText: caller.text(seen),
            summary:
                seen.frequency(caller.withoutPort, "call") + " of bind() to port 0 by \(caller.command) "
                + (caller.withoutPort == 1 ? "fails" : "fail")
                + " (EADDRINUSE): no port is free at that address",
            evidence: [
                Evidence(
                    "eaddrinuse_per_s", seen.rate(caller.withoutPort),
                    "\(Units.exact(caller.withoutPort)) of \(Units.exact(caller.stats.connects)) failed with "
                        + "EADDRINUSE (\(Units.percent(share)))", by: .traced(caller.backend))
            ] + timeEvidence(caller, seen),
            impact: Impact(failed: seen.rate(caller.withoutPort), share: share),
            fixes: BindFixes(caller: caller, seen: seen).all(), check: check)
    }

    private func slow(_ caller: BindCaller, _ seen: Observation) -> Finding? {
        guard let mean = caller.time.mean, mean >= longSearch, caller.cpu(seen) >= muchTime else {
            return nil
        }
        return Finding(
            id: .bindSearchExpensive, severity: caller.cpu(seen) >= veryMuchTime ? .critical : .warning,
            // A slow CPU, or one that is taken away, makes them long as well.
            confidence: .likely, subject: caller.subject, subjectText: caller.text(seen),
            summary:
                "each bind() to port 0 by \(caller.command) takes \(Units.duration(UInt64(mean))) to find a port",
            evidence: timeEvidence(caller, seen),
            impact: Impact(delayed: seen.rate(caller.stats.connects), share: 1, delay: UInt64(mean)),
            fixes: BindFixes(caller: caller, seen: seen).all(), check: check,
            unsettled: "tcpwhy hotspots 10 1: the share of inet_csk_get_port and what it calls")
    }

    private let check: ShellCommand = "tcpwhy ports -d 10"

    private func timeEvidence(_ caller: BindCaller, _ seen: Observation) -> [Evidence] {
        guard let mean = caller.time.mean else { return [] }
        return [
            Evidence(
                "bind_mean_s", mean / 1e9,
                "\(Units.duration(UInt64(mean))) per bind() on average, \(Units.percent(caller.cpu(seen))) of a CPU "
                    + "for all of them", by: .traced(caller.backend))
        ]
    }
}
