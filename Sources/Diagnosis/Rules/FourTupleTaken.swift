// SPDX-License-Identifier: Apache-2.0
import Model

/// Connects of sockets that were bound to a port fail since another connection has the same four-tuple:
/// there is no search, and no other port is tried (`__inet_check_established`).
struct FourTupleTaken: Rule {
    var ids: [FindingID] { [.fourTupleTaken] }

    func examine(_ seen: Observation) throws -> [Finding] {
        let backend = try seen.ports.get().backend
        return try Upstream.all(seen).filter { $0.stats.tupleTaken > 0 }.map { finding($0, backend, seen) }
    }

    private func finding(_ upstream: Upstream, _ backend: Backend, _ seen: Observation) -> Finding {
        let failed = upstream.stats.tupleTaken
        let share = Double(failed) / Double(max(upstream.stats.connects, 1))
        return Finding(
            id: .fourTupleTaken, severity: share >= 0.01 ? .critical : .warning, confidence: .certain,
            subject: upstream.subject, subjectText: upstream.text,
            summary: seen.often(failed, "connect") { $0 ? "fails" : "fail" }
                + " from \(upstream.command) to \(upstream.endpoint) (EADDRNOTAVAIL): the port that the socket was "
                + "bound to has a connection to there already",
            evidence: [
                Evidence(
                    "four_tuple_taken_per_s", seen.rate(failed),
                    "\(Units.exact(failed)) of \(Units.exact(upstream.stats.connects)) connects had a port from "
                        + "bind() and failed (\(Units.percent(share)))", by: .traced(backend)),
                Evidence(
                    "bound_connects_per_s", seen.rate(upstream.stats.bound),
                    "\(Units.exact(upstream.stats.bound)) connects had a port from bind(): none of them searches for one",
                    by: .traced(backend)),
            ],
            impact: Impact(failed: seen.rate(failed), share: share), fixes: [fix(upstream)],
            check: "tcpwhy ports --failed -P \(upstream.destination.port) -d 10")
    }

    private func fix(_ upstream: Upstream) -> Fix {
        Fix(
            "have \(upstream.command) bind no port, or set IP_BIND_ADDRESS_NO_PORT and bind the address alone: then "
                + "connect() takes a port that is free towards \(upstream.endpoint)",
            line: "setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int))",
            lasting:
                "in \(upstream.command)'s configuration or source; a range of source ports of its own must be "
                + "larger than its connections to there, those in TIME_WAIT included",
            risk: "getsockname() names no port before connect()")
    }
}
