// SPDX-License-Identifier: Apache-2.0
import Model

/// Connections come to a port that nobody listens on: they are refused at once (`tcp_v4_rcv`
/// finds no socket and sends a reset).
struct NoListener: Rule {
    var ids: [FindingID] { [.noListener] }

    /// Scanners knock at closed ports all the time, though seldom once a second at the same.
    private let leastRate = 1.0
    private let leastPackets: UInt64 = 5

    func examine(_ seen: Observation) throws -> [Finding] {
        try RefusedPort.all(seen).map { finding($0, seen) }
    }

    private func finding(_ port: RefusedPort, _ seen: Observation) -> Finding {
        let confidence = confidence(port, seen)
        let count = max(port.connects, port.packets ?? 0)
        let callers = port.refused.keys.sorted()
        let who = callers.isEmpty ? "clients" : callers.joined(separator: ", ")
        return Finding(
            id: .noListener, severity: confidence == .possible ? .info : .critical, confidence: confidence,
            subject: port.subject, subjectText: "port \(port.port)" + place(port, seen),
            summary: "\(seen.rateText(count)) connections a second of \(who) to port \(port.port)"
                + "\(place(port, seen)) are refused: nobody "
                + (isBack(port, seen) ? "listened there for a while" : "listens there"),
            evidence: evidence(port, seen),
            impact: Impact(failed: seen.rate(count)),
            fixes: fixes(port, seen),
            check: "\(seen.prefix(port.netns))ss -ltnp 'sport = :\(port.port)'",
            unsettled: confidence == .certain ? "" : "who knocks: tcpdump -ni any 'tcp dst port \(port.port)'"
        )
    }

    /// Only this machine's own connects are known to be meant.
    private func confidence(_ port: RefusedPort, _ seen: Observation) -> Confidence {
        if port.connects > 0 { return .certain }
        let packets = port.packets ?? 0
        return packets >= leastPackets && seen.rate(packets) >= leastRate ? .likely : .possible
    }

    private func place(_ port: RefusedPort, _ seen: Observation) -> String {
        seen.namespaces[port.netns]?.commandPrefix == "" ? "" : " in \(seen.name(of: port.netns))"
    }

    /// Whether somebody listens by now.
    private func isBack(_ port: RefusedPort, _ seen: Observation) -> Bool {
        guard case .seen(let drops) = seen.drops else { return false }
        return drops.listeners.contains {
            $0.key.netns == port.netns && $0.key.port == port.port && !$0.value.isClosed
        }
    }

    private func evidence(_ port: RefusedPort, _ seen: Observation) -> [Evidence] {
        var evidence: [Evidence] = []
        if port.connects > 0, case .seen(let ports) = seen.ports {
            evidence.append(
                Evidence(
                    "econnrefused_per_s", seen.rate(port.connects),
                    "\(Units.exact(port.connects)) connects of this machine failed with ECONNREFUSED",
                    by: .traced(ports.backend), counter: "AttemptFails"))
        }
        if let packets = port.packets {
            evidence.append(
                Evidence(
                    "no_socket_per_s", seen.rate(packets), "\(Units.exact(packets)) packets found no socket",
                    by: .traced(.tracepoint), counter: "OutRsts"))
        }
        return evidence
    }

    private func fixes(_ port: RefusedPort, _ seen: Observation) -> [Fix] {
        guard let listener = port.listener, case .seen(let drops) = seen.drops else {
            return [
                Fix(
                    "start the service, or have its clients go where it is",
                    command: "\(seen.prefix(port.netns))ss -ltnp",
                    lasting: "systemctl enable, and Restart=on-failure in the unit")
            ]
        }
        let owner = seen.owner(of: listener, in: drops)
        let unit = owner.unit.hasSuffix(".service") ? owner.unit : ""
        return [
            Fix(
                "find out why \(owner.name) stopped listening, and start it",
                command: unit.isEmpty
                    ? "journalctl -e" : "systemctl status \(unit); systemctl restart \(unit)",
                lasting: "Restart=on-failure in the unit; a reload instead of a restart keeps the socket open"
            )
        ]
    }
}
