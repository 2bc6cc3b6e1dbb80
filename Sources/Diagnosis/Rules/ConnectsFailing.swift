// SPDX-License-Identifier: Apache-2.0
import Model

/// Connects fail, or are given up by their caller, for a reason that has no rule of its own: who or
/// what answered, by destination and caller.
struct ConnectsFailing: Rule {
    var ids: [FindingID] { [.connectsFailing] }

    /// Slower ones are looks whether something is there: monitoring, retries of a connection
    /// pool in the background.
    private let leastRate = 2.0
    /// So many a second cost something, however much goes well.
    private let muchRate = 10.0
    /// Of what the caller connects to: one in a hundred shows in the 99th percentile of response times.
    private let muchOfAll = 0.01
    private let veryMuchOfAll = 0.05
    private let least: UInt64 = 5

    func examine(_ seen: Observation) throws -> [Finding] {
        let refused = Refusals(seen)
        return try FailingConnects.all(seen) { destination in
            refused.isOurs(destination) && OwnFirewall(destination, seen)?.isRejection != true
        }.map { finding($0, seen) }
    }

    private func finding(_ failing: FailingConnects, _ seen: Observation) -> Finding {
        let judgement = judge(failing, seen)
        let answer = ConnectAnswer(failing, seen)
        let verb = failing.reason == .givenUp ? "is given up" : "fails (\(failing.reason.name))"
        let verbs = failing.reason == .givenUp ? "are given up" : "fail (\(failing.reason.name))"
        return Finding(
            id: .connectsFailing, severity: judgement.severity, confidence: judgement.confidence,
            subject: subject(failing), subjectText: "\(failing.command) to \(answer.where)",
            summary: seen.often(failing.count, "connect") { $0 ? verb : verbs }
                + " from \(failing.command) to \(answer.where): \(answer.meaning)",
            evidence: evidence(failing, seen),
            impact: Impact(failed: seen.rate(failing.count), share: failing.share),
            fixes: answer.fixes, check: "tcpwhy ports --failed \(named(failing.command)) -d 10",
            unsettled: judgement.confidence == .certain ? "" : answer.unsettled)
    }

    /// tcpwhy's own option: what begins with a dash would be another one.
    private func named(_ command: String) -> ShellCommand {
        command.hasPrefix("-") ? "--comm=\(command)" : "-c \(command)"
    }

    private func judge(
        _ failing: FailingConnects, _ seen: Observation
    ) -> (severity: Severity, confidence: Confidence) {
        let isOften = seen.rate(failing.count) >= leastRate
        // A service that asks for something once a second, and always in vain, has nothing else.
        let isAll = failing.allFailed >= least && failing.allFailed * 2 >= failing.all
        let isMuch = seen.rate(failing.count) >= muchRate || failing.shareOfAll >= muchOfAll
        guard !failing.isFallback, isOften || isAll, isMuch else { return (.info, .possible) }
        let severity: Severity = isOften && failing.shareOfAll >= veryMuchOfAll ? .critical : .warning
        // That the caller lost patience says nothing of the other side's.
        return (severity, failing.reason == .givenUp ? .likely : .certain)
    }

    private func subject(_ failing: FailingConnects) -> Finding.Subject {
        guard failing.destinations.count == 1, let only = failing.destinations.first else {
            return .process(failing.command, netns: failing.netns)
        }
        return .destination(only.destination, command: failing.command)
    }

    private func evidence(_ failing: FailingConnects, _ seen: Observation) -> [Evidence] {
        guard case .seen(let ports) = seen.ports else { return [] }
        let what =
            failing.reason == .givenUp ? "were closed before an answer" : "failed with \(failing.reason.name)"
        var evidence = [
            Evidence(
                failing.reason == .givenUp ? "given_up_per_s" : "failed_per_s", seen.rate(failing.count),
                "\(Units.exact(failing.count)) of \(Units.exact(failing.tried)) connects to there \(what) "
                    + "(\(Units.percent(failing.share)))",
                by: .traced(ports.backend), counter: failing.reason.isAnswer ? "AttemptFails" : nil)
        ]
        if failing.destinations.count > 1 {
            let named = failing.destinations.prefix(3).map {
                "\(EndpointText.of($0.destination.address, $0.destination.port)) \(Units.exact($0.failed))"
            }
            let rest = failing.destinations.count - named.count
            evidence.append(
                Evidence(
                    "destinations", Double(failing.destinations.count),
                    named.joined(separator: ", ") + (rest > 0 ? ", and \(rest) more destinations" : ""),
                    by: .traced(ports.backend)))
        }
        if failing.isFallback {
            evidence.append(
                Evidence(
                    "went_elsewhere", Double(failing.wentElsewhere),
                    "each was followed or accompanied by a connect to the same port that went well over "
                        + "the other address family", by: .traced(ports.backend)))
        }
        let own = OwnDrops(failing, seen)
        if own.explain {
            evidence.append(
                Evidence(
                    "own_packets_dropped_per_s", seen.rate(own.count),
                    "\(Units.exact(own.count)) packets from ports of this host's own connections were dropped by netfilter",
                    by: .traced(.tracepoint)))
        }
        if failing.reason.isSilence, let counters = seen.namespaces[failing.netns]?.counters,
            counters.synRetransmitted > 0
        {
            evidence.append(
                Evidence(
                    "syn_retransmits_per_s", seen.rate(counters.synRetransmitted, in: failing.netns),
                    "\(Units.exact(counters.synRetransmitted)) SYNs or SYN-ACKs were sent again",
                    by: .counter, counter: "TCPSynRetrans"))
        }
        return evidence
    }
}

/// What a failed connect met, in words, and what to do about it.
private struct ConnectAnswer {
    /// Where to: "192.0.2.7:5432", "16 destinations".
    let `where`: String
    let meaning: String
    let fixes: [Fix]
    let unsettled: String

    init(_ failing: FailingConnects, _ seen: Observation) {
        let first = failing.destinations.first?.destination
        let address = first.map { "\($0.address)" } ?? ""
        let endpoint = first.map { EndpointText.of($0.address, $0.port) } ?? ""
        let prefix = seen.prefix(failing.netns)
        `where` = failing.destinations.count == 1 ? endpoint : "\(failing.destinations.count) destinations"
        let route: ShellCommand = "\(prefix)ip route get \(address)"
        let watch: ShellCommand =
            "\(prefix)tcpdump -ni any 'host \(address) and tcp port \(first?.port ?? 0)'"
        unsettled = "whether anything answers: \(watch)"
        if let own = OwnFirewall(failing, seen) {
            meaning = own.meaning
            fixes = own.fixes
            return
        }
        if OwnDrops(failing, seen).explain {
            meaning = "this host's own firewall drops what it sends"
            fixes = [
                Fix(
                    "find the rule in the output chain whose counter rises, and let the connects pass before it",
                    command:
                        "\(prefix)nft -a list ruleset | grep -nE 'hook (output|postrouting)|drop|reject'; "
                        + "\(prefix)iptables -nvxL OUTPUT")
            ]
            return
        }
        switch failing.reason {
        case .error(ErrorNumber.connectionRefused, _):
            meaning = "a reset answers: nothing listens there, or a firewall rejects"
            fixes = [
                Fix(
                    "start the service at \(endpoint), or take it out of \(failing.command)'s configuration until "
                        + "it is back", command: "on \(address): ss -ltnp 'sport = :\(first?.port ?? 0)'"
                )
            ]
        case .error(ErrorNumber.timedOut, _), .givenUp:
            meaning =
                "nothing answers its SYNs" + (failing.reason == .givenUp ? " before the caller closes" : "")
            fixes = [
                Fix(
                    "find what swallows the SYNs: a host that is down, a firewall that drops, a route that leads "
                        + "nowhere", command: watch)
            ]
        case .error(ErrorNumber.noRouteToHost, false), .error(ErrorNumber.networkUnreachable, false):
            meaning = "this host has no route to it"
            fixes = [Fix("add the route, or remove the one that says unreachable", command: route)]
        case .error(ErrorNumber.permissionDenied, false):
            meaning = "a route prohibits it, or a security module"
            fixes = [
                Fix(
                    "look for a route of the type prohibit",
                    command: "\(route); \(prefix)ip route show type prohibit")
            ]
        case .error(ErrorNumber.notPermitted, _):
            meaning = "a BPF program of its cgroup, or a security module, forbids it"
            fixes = [Fix("find what forbids it", command: "bpftool cgroup tree; journalctl -k -g denied")]
        case .error(ErrorNumber.noRouteToHost, true):
            meaning = "no neighbour answers for the address, or an ICMP message says unreachable or filtered"
            fixes = [
                Fix(
                    "see whether the neighbour is known (FAILED: it does not answer ARP), then who sends the ICMP message",
                    command: "\(prefix)ip neigh show \(address); \(prefix)tcpdump -ni any icmp or icmp6")
            ]
        case .error(ErrorNumber.networkUnreachable, true), .error(ErrorNumber.permissionDenied, true):
            meaning = "a router or firewall on the way answers with an ICMP message"
            fixes = [Fix("see who sends it", command: "\(prefix)tcpdump -ni any icmp or icmp6")]
        case .error(ErrorNumber.networkDown, _):
            meaning = "the interface that the route leads to is down"
            fixes = [Fix("set it up", command: "\(route); \(prefix)ip -br link")]
        case .error(let number, _):
            meaning = "connect() returns \(ErrorName.name(number)) (see connect(2))"
            fixes = [
                Fix(
                    "see which call fails, and with what", command: "strace -f -e trace=connect -p PID",
                    risk: "strace slows the process down")
            ]
        }
    }
}
