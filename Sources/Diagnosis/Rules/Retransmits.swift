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
        let services = Services(netns, seen)
        let findings = Retransmissions.of(netns, facts, services).compactMap { again in
            confidence(again, seen).map { finding(again, $0, facts, services, seen) }
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
        _ again: Retransmissions, _ confidence: Confidence, _ facts: NamespaceFacts, _ services: Services,
        _ seen: Observation
    ) -> Finding {
        Finding(
            id: .retransmits,
            severity: confidence == .possible ? .info : again.share >= 0.1 ? .critical : .warning,
            confidence: confidence, subject: .namespace(again.netns),
            subjectText: subject(again, services, seen),
            summary:
                seen.often(again.count, again.what, in: again.netns) { $0 ? "is" : "are" }
                + " sent again from "
                + "\(seen.name(of: again.netns)): \(meaning(again, services))",
            evidence: evidence(again, facts, seen) + mostOf(again, services, seen),
            impact: Impact(
                delayed: seen.rate(again.count, in: again.netns), share: again.share, delay: again.delay),
            fixes: fixes(again, services, seen),
            check: "\(seen.prefix(again.netns))nstat -az TcpRetransSegs TcpExtTCPSynRetrans TcpOutSegs",
            unsettled: "where they get lost: tcpdump at both ends")
    }

    /// By name, as far as it is known who does not answer.
    private func meaning(_ again: Retransmissions, _ services: Services) -> String {
        let clients = services.unanswered.map {
            "clients of \($0) do not answer, or their answer is dropped here"
        }
        switch again.direction {
        case .connects: return services.silent.map { "\($0) does not answer" } ?? again.meaning
        case .accepts: return clients ?? again.meaning
        case .handshakes:
            let names = [services.silent.map { "\($0) does not answer" }, clients].compactMap(\.self)
            return names.isEmpty ? again.meaning : names.joined(separator: "; ")
        case .data:
            return services.traced?[.data].map {
                "segments of connections \($0.most.isLocal ? "of" : "to") \(text($0.most)) get lost, or their "
                    + "acknowledgement comes late"
            } ?? again.meaning
        }
    }

    private func text(_ resend: Resend) -> String { EndpointText.of(resend.address, resend.port) }

    /// "192.0.2.7:443 from namespace blue"
    private func subject(_ again: Retransmissions, _ services: Services, _ seen: Observation) -> String {
        let name = seen.name(of: again.netns)
        let known: String? =
            switch again.direction {
            case .connects: services.silent
            case .accepts: services.unanswered
            case .data: services.traced?[.data].map { text($0.most) }
            case .handshakes: nil
            }
        return known.map { seen.prefix(again.netns).isEmpty ? $0 : "\($0) in \(name)" } ?? name
    }

    /// Of what was sent again, what most of it was.
    private func mostOf(_ again: Retransmissions, _ services: Services, _ seen: Observation) -> [Evidence] {
        let kinds: [Resend.Kind] =
            switch again.direction {
            case .connects: [.syn]
            case .accepts: [.synAck]
            case .handshakes: [.syn, .synAck]
            case .data: [.data]
            }
        return kinds.compactMap { services.traced?[$0] }.map { most in
            Evidence(
                "most_resent_per_s", seen.rate(most.of),
                "\(Units.exact(most.of)) of \(Units.exact(most.all)) of these "
                    + (most.most.isLocal ? "by the service at" : "to") + " \(text(most.most))",
                by: .traced(.tracepoint))
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

    private func fixes(_ again: Retransmissions, _ services: Services, _ seen: Observation) -> [Fix] {
        let prefix = seen.prefix(again.netns)
        switch again.direction {
        case .connects, .handshakes:
            return [
                Fix(
                    services.silent.map { "look after \($0): connects to it get no answer" }
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
                        "\(prefix)ss -tino state established\(port(services)) | grep -B1 'retrans:'; "
                        + "\(prefix)tc -s qdisc show; "
                        + "\(prefix)ip -s link")
            ]
        }
    }

    /// Of `ss`: " '( sport = :80 )'".
    private func port(_ services: Services) -> ShellCommand {
        guard let most = services.traced?[.data]?.most else { return "" }
        return " '( \(most.isLocal ? "sport" : "dport") = :\(most.port) )'"
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
