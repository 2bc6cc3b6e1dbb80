// SPDX-License-Identifier: Apache-2.0
import Model

/// Segments are sent again out of proportion, or connections end by reset.
struct Retransmits: Rule {
    var ids: [FindingID] { [.retransmits] }

    /// Fewer say nothing of proportions.
    private let least: UInt64 = 10
    private let leastRate = 1.0
    /// Of handshakes: scanners that leave a SYN-ACK unanswered are some in a hundred of a small
    /// server's.
    private let handshakes = (possible: 0.01, likely: 0.05)
    /// Of segments: one in a hundred is what a mobile network loses.
    private let data = (possible: 0.01, likely: 0.02)
    /// Of connections: many programs close by reset on purpose, so that this alone is no fault.
    private let resets = 0.5

    func examine(_ seen: Observation) throws -> [Finding] {
        try seen.requireNamespaces()
        return seen.sortedNamespaces.compactMap { netns, facts in
            sentAgain(netns, facts, seen) ?? reset(netns, facts, seen)
        }
    }

    // MARK: Sent again

    /// One finding per namespace: of what costs more.
    private func sentAgain(_ netns: UInt32, _ facts: NamespaceFacts, _ seen: Observation) -> Finding? {
        let findings = Retransmissions.of(netns, facts, Services(netns, seen)).compactMap { again in
            confidence(again, seen).map { finding(again, $0, facts, seen) }
        }
        return findings.max {
            ($0.confidence, $0.impact.delayedPerSecond) < ($1.confidence, $1.impact.delayedPerSecond)
        }
    }

    /// `nil`: in proportion. Why packets are not answered is not known here: never certain.
    private func confidence(_ again: Retransmissions, _ seen: Observation) -> Confidence? {
        guard again.count >= least, seen.rate(again.count, in: again.netns) >= leastRate else { return nil }
        let limits = again.direction == .data ? data : handshakes
        return again.share >= limits.likely ? .likely : again.share >= limits.possible ? .possible : nil
    }

    private func finding(
        _ again: Retransmissions, _ confidence: Confidence, _ facts: NamespaceFacts, _ seen: Observation
    ) -> Finding {
        Finding(
            id: .retransmits,
            severity: confidence == .possible ? .info : again.share >= 0.1 ? .critical : .warning,
            confidence: confidence, subject: .namespace(again.netns), subjectText: seen.name(of: again.netns),
            summary:
                seen.often(again.count, again.what, in: again.netns) { $0 ? "is" : "are" } + " sent again from "
                + "\(seen.name(of: again.netns)): \(meaning(again, seen))",
            evidence: evidence(again, facts, seen),
            impact: Impact(
                delayed: seen.rate(again.count, in: again.netns), share: again.share, delay: again.delay),
            fixes: fixes(again, seen),
            check: "\(seen.prefix(again.netns))nstat -az TcpRetransSegs TcpExtTCPSynRetrans TcpOutSegs",
            unsettled: "where they get lost: tcpdump at both ends")
    }

    /// By name, as far as it is known who does not answer.
    private func meaning(_ again: Retransmissions, _ seen: Observation) -> String {
        let services = Services(again.netns, seen)
        let clients = services.unanswered.map { listener in
            "clients of \(EndpointText.of(listener.address, listener.port)) do not answer, or their answer is dropped here"
        }
        switch again.direction {
        case .connects: return services.silent.map { "\($0.endpoint) does not answer" } ?? again.meaning
        case .accepts: return clients ?? again.meaning
        case .handshakes:
            let names = [services.silent.map { "\($0.endpoint) does not answer" }, clients].compactMap(\.self)
            return names.isEmpty ? again.meaning : names.joined(separator: "; ")
        case .data: return again.meaning
        }
    }

    private func evidence(
        _ again: Retransmissions, _ facts: NamespaceFacts, _ seen: Observation
    ) -> [Evidence] {
        let counters = facts.counters
        let all =
            again.direction == .data
            ? "\(Units.exact(counters.outSegments)) segments"
            : "\(Units.exact(counters.activeOpens)) connects and \(Units.exact(counters.passiveOpens)) accepted connections"
        var evidence = [
            Evidence(
                again.direction == .data ? "data_retransmits_per_s" : "syn_retransmits_per_s",
                seen.rate(again.count, in: again.netns),
                "\(Units.exact(again.count)) \(again.what)s were sent again, beside \(all)", by: .counter,
                counter: again.direction == .data ? "RetransSegs" : "TCPSynRetrans")
        ]
        if counters.timeouts > 0 {
            evidence.append(
                Evidence(
                    "timeouts_per_s", seen.rate(counters.timeouts, in: again.netns),
                    "\(Units.exact(counters.timeouts)) times no acknowledgement came in time", by: .counter,
                    counter: "TCPTimeouts"))
        }
        if counters.outResets > 0 {
            evidence.append(
                Evidence(
                    "resets_sent_per_s", seen.rate(counters.outResets, in: again.netns),
                    "\(Units.exact(counters.outResets)) resets were sent", by: .counter, counter: "OutRsts"))
        }
        return evidence
    }

    private func fixes(_ again: Retransmissions, _ seen: Observation) -> [Fix] {
        let prefix = seen.prefix(again.netns)
        switch again.direction {
        case .connects, .handshakes:
            let silent = Services(again.netns, seen).silent?.endpoint
            return [
                Fix(
                    silent.map { "look after \($0): connects to it get no answer" }
                        ?? "find the destination that does not answer, and what drops on the way to it",
                    command: "\(prefix)ss -tno state syn-sent")
            ]
        case .accepts:
            return [
                Fix(
                    "look whether an accept queue is full; if none is, what drops on the way to the clients",
                    command: "tcpwhy drops -d 10; \(prefix)ss -tno state syn-recv")
            ]
        case .data:
            return [
                Fix(
                    "find the connections that lose most, and what they have in common: a path, a network card",
                    command:
                        "\(prefix)ss -tino state established | grep -B1 'retrans:'; \(prefix)tc -s qdisc show; "
                        + "\(prefix)ip -s link")
            ]
        }
    }

    // MARK: Resets

    private func reset(_ netns: UInt32, _ facts: NamespaceFacts, _ seen: Observation) -> Finding? {
        let counters = facts.counters
        let opens = counters.activeOpens &+ counters.passiveOpens
        guard counters.establishedResets >= least,
            seen.rate(counters.establishedResets, in: netns) >= leastRate,
            Double(counters.establishedResets) >= Double(opens) * resets
        else { return nil }
        let name = seen.name(of: netns)
        return Finding(
            id: .retransmits, severity: .info, confidence: .possible, subject: .namespace(netns),
            subjectText: name,
            summary:
                seen.frequency(counters.establishedResets, "connection", in: netns) + " of \(name) "
                + (counters.establishedResets == 1 ? "ends" : "end") + " by a reset",
            evidence: [
                Evidence(
                    "established_resets_per_s", seen.rate(counters.establishedResets, in: netns),
                    "\(Units.exact(counters.establishedResets)) connections were reset; "
                        + "\(Units.exact(opens)) were opened at the same time", by: .counter,
                    counter: "EstabResets"),
                Evidence(
                    "resets_sent_per_s", seen.rate(counters.outResets, in: netns),
                    "\(Units.exact(counters.outResets)) resets were sent from here", by: .counter,
                    counter: "OutRsts"),
            ], impact: Impact(),
            fixes: [
                Fix(
                    "find out who resets, and why: a program that closes with data unread or with SO_LINGER 0, a "
                        + "client that gives up, a firewall or load balancer that forgot the connection",
                    command: "tcpdump -ni any 'tcp[tcpflags] & tcp-rst != 0'")
            ], check: "\(seen.prefix(netns))nstat -az TcpEstabResets TcpOutRsts",
            unsettled: "whether the program closes so on purpose")
    }
}
