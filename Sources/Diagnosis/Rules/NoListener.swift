// SPDX-License-Identifier: Apache-2.0
import Model

/// Connections come to an address and port of this machine where no socket listens: they are
/// refused at once (`tcp_v4_rcv` finds no socket and sends a reset). Either nobody listens on the
/// port, or somebody does at another address.
struct NoListener: Rule {
    var ids: [FindingID] { [.noListener, .listenerElsewhere] }

    /// Slower ones are looks whether something is there, and scanners.
    private let leastRate = 2.0
    /// So many a second at one port mean it, however much else there is.
    private let muchRate = 10.0
    private let leastCount: UInt64 = 5
    /// Of all that the callers connect to, or that comes to the namespace: one in a hundred shows in the 99th
    /// percentile of response times.
    private let muchOfAll = 0.01
    private let veryMuchOfAll = 0.05
    /// Who asks for more ports than this, and is refused at each, looks for open ones.
    private let mostPorts = 4

    func examine(_ seen: Observation) throws -> [Finding] {
        let refusals = try Refusals(seen).get()
        let groups = Dictionary(grouping: refusals) { Group(of: $0, seen) }
        return groups.sorted { $0.key < $1.key }.flatMap { group, members in
            members.count > mostPorts && members.allSatisfy { !isMeant($0, seen) }
                ? [scan(group, members, seen)] : members.map { finding($0, seen) }
        }
    }

    /// Who asks.
    private struct Group: Hashable, Comparable {
        let netns: UInt32
        /// Empty: nobody on this machine, as far as is known.
        let caller: String

        init(of refusal: Refusal, _ seen: Observation) {
            netns = refusal.place.netns
            caller = refusal.callers.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
        }

        static func < (left: Group, right: Group) -> Bool {
            (left.netns, left.caller) < (right.netns, right.caller)
        }
    }

    /// Of all there was of its kind, 0 to 1.
    private func share(_ refusal: Refusal, _ seen: Observation) -> Double {
        if refusal.connects > 0 {
            return Double(refusal.connects) / Double(max(refusal.callersConnects, refusal.connects))
        }
        let came = seen.namespaces[refusal.place.netns]?.counters.passiveOpens ?? 0
        return Double(refusal.count) / Double(max(refusal.count &+ came, 1))
    }

    /// Whether somebody wants it in earnest.
    private func isMeant(_ refusal: Refusal, _ seen: Observation) -> Bool {
        guard refusal.count >= leastCount, !refusal.isFallback else { return false }
        // A service that was there a moment ago is missed by its clients. One that is back was started
        // anew: that costs a few, unless it takes long.
        if refusal.former != nil { return !isBack(refusal, seen) || share(refusal, seen) >= veryMuchOfAll }
        let rate = seen.rate(refusal.count)
        return rate >= muchRate || rate >= leastRate && share(refusal, seen) >= muchOfAll
    }

    /// That a packet found no socket was seen. Whether strangers mean it is not known.
    private func confidence(_ refusal: Refusal, _ seen: Observation) -> Confidence {
        guard isMeant(refusal, seen) else { return .possible }
        // Where SYNs are told from other packets, none that missed a socket is a reset of another's making.
        if seen.tellsRefused, refusal.syns == nil { return .likely }
        return refusal.connects > 0 || refusal.elsewhere != nil ? .certain : .likely
    }

    private func severity(_ refusal: Refusal, _ seen: Observation) -> Severity {
        guard isMeant(refusal, seen) else { return .info }
        return share(refusal, seen) >= veryMuchOfAll ? .critical : .warning
    }

    private func finding(_ refusal: Refusal, _ seen: Observation) -> Finding {
        let confidence = confidence(refusal, seen)
        let isKnown = !refusal.place.address.isUnspecified
        let there = isKnown ? refusal.endpoint : "port \(refusal.place.port)"
        let callers = refusal.callers.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map(\.key)
        let who = callers.isEmpty ? "from clients" : "from \(callers.prefix(3).joined(separator: ", "))"
        return Finding(
            id: refusal.elsewhere == nil ? .noListener : .listenerElsewhere,
            severity: severity(refusal, seen), confidence: confidence,
            subject: .port(refusal.place.port, netns: refusal.place.netns),
            subjectText: there + place(refusal, seen),
            summary: seen.often(refusal.count, "connection") { $0 ? "is refused" : "are refused" }
                + " \(who) to \(there)\(place(refusal, seen)): \(reason(refusal, seen))",
            evidence: evidence(refusal, seen),
            impact: Impact(
                failed: refusal.isFallback ? 0 : seen.rate(refusal.count), share: share(refusal, seen)),
            fixes: fixes(refusal, seen),
            check: "\(seen.prefix(refusal.place.netns))ss -ltnp 'sport = :\(refusal.place.port)'",
            unsettled: confidence == .certain
                ? "" : "who asks: tcpdump -ni any 'tcp dst port \(refusal.place.port)'")
    }

    private func reason(_ refusal: Refusal, _ seen: Observation) -> String {
        if let elsewhere = refusal.elsewhere {
            return "\(seen.ownerName(of: elsewhere)) listens on "
                + "\(EndpointText.of(elsewhere.address, elsewhere.port)) alone"
        }
        return isBack(refusal, seen) ? "nobody listened there for a while" : "nobody listens there"
    }

    private func place(_ refusal: Refusal, _ seen: Observation) -> String {
        seen.namespaces[refusal.place.netns]?.commandPrefix == ""
            ? "" : " in \(seen.name(of: refusal.place.netns))"
    }

    /// Whether somebody listens by now.
    private func isBack(_ refusal: Refusal, _ seen: Observation) -> Bool {
        guard let former = refusal.former, case .seen(let drops) = seen.drops else { return false }
        return drops.listeners.contains {
            $0.key.netns == former.netns && $0.key.port == former.port && !$0.value.isClosed
        }
    }

    private func evidence(_ refusal: Refusal, _ seen: Observation) -> [Evidence] {
        var evidence: [Evidence] = []
        if refusal.connects > 0, case .seen(let ports) = seen.ports {
            evidence.append(
                Evidence(
                    "econnrefused_per_s", seen.rate(refusal.connects),
                    "\(Units.exact(refusal.connects)) connects of this machine failed with ECONNREFUSED",
                    by: .traced(ports.backend), counter: "AttemptFails"))
        }
        if let syns = refusal.syns {
            evidence.append(
                Evidence(
                    "no_socket_per_s", seen.rate(syns),
                    "\(Units.exact(syns)) \(seen.tellsRefused ? "SYNs" : "packets") found no socket",
                    by: .traced(.tracepoint), counter: "OutRsts"))
        }
        if refusal.isFallback {
            evidence.append(
                Evidence(
                    "went_elsewhere", Double(refusal.wentElsewhere),
                    "each was followed or accompanied by a connect to the same port that went well over the "
                        + "other address family",
                    by: .derived))
        }
        return evidence
    }

    private func fixes(_ refusal: Refusal, _ seen: Observation) -> [Fix] {
        if let elsewhere = refusal.elsewhere { return [moveOrAsk(refusal, elsewhere, seen)] }
        guard let listener = refusal.former, case .seen(let drops) = seen.drops else {
            return [
                Fix(
                    "start the service, or have its clients go where it is",
                    command: "\(seen.prefix(refusal.place.netns))ss -ltnp",
                    lasting: "systemctl enable, and Restart=on-failure in the unit")
            ]
        }
        let owner = seen.owner(of: listener, in: drops)
        let unit = owner.unit
        return [
            Fix(
                "find out why \(owner.name) stopped listening, and start it",
                command: unit.hasSuffix(".service")
                    ? "systemctl status \(operand: unit); systemctl restart \(operand: unit)"
                    : "journalctl -e",
                lasting: "Restart=on-failure in the unit; a reload instead of a restart keeps the socket open"
            )
        ]
    }

    /// Which of the two is meant is not known here.
    private func moveOrAsk(_ refusal: Refusal, _ listener: Listener, _ seen: Observation) -> Fix {
        let now = EndpointText.of(listener.address, listener.port)
        return Fix(
            "have \(seen.ownerName(of: listener)) listen on \(refusal.endpoint), too, or have clients ask for \(now)",
            command: "\(seen.prefix(listener.netns))ss -ltnp 'sport = :\(listener.port)'",
            lasting: "the listen line of its configuration; a name such as localhost means 127.0.0.1 and ::1",
            risk: listener.address.isLoopback
                ? "what listens on \(listener.address) can be reached from this host alone: another address opens it to others"
                : "")
    }

    // MARK: Many ports

    private func scan(_ group: Group, _ members: [Refusal], _ seen: Observation) -> Finding {
        let count = members.reduce(0 as UInt64) { $0 &+ $1.count }
        let ports = members.map(\.place.port).sorted()
        let who = group.caller.isEmpty ? "somebody" : group.caller
        let place = members.first.map { self.place($0, seen) } ?? ""
        return Finding(
            id: .noListener, severity: .info, confidence: .possible,
            subject: group.caller.isEmpty
                ? .namespace(group.netns) : .process(group.caller, netns: group.netns),
            subjectText: "\(who) to \(members.count) ports\(place)",
            summary: seen.often(count, "connection") { $0 ? "is refused" : "are refused" }
                + " from \(who) to \(members.count) ports\(place) where nobody listens, few to each: "
                + "a look for open ports, or monitoring",
            evidence: [
                Evidence(
                    "no_socket_per_s", seen.rate(count),
                    "\(Units.exact(count)) connections to ports \(ports.first ?? 0) to \(ports.last ?? 0)",
                    by: .traced(.tracepoint), counter: "OutRsts")
            ], impact: Impact(), fixes: [Fix("none is needed, unless one of the ports ought to be open")],
            check: "\(seen.prefix(group.netns))ss -ltnp",
            unsettled: "who asks: tcpdump -ni any 'tcp[tcpflags] == tcp-syn'")
    }
}

extension Observation {
    /// Whether SYNs that found no socket are told from other packets.
    var tellsRefused: Bool {
        if case .seen(let drops) = drops { drops.refused != nil } else { false }
    }

    /// "nginx", or what there is to say of nobody.
    func ownerName(of listener: Listener) -> String {
        if case .seen(let drops) = drops { owner(of: listener, in: drops).name } else { "its owner" }
    }
}
