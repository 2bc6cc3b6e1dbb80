// SPDX-License-Identifier: Apache-2.0
import Model

/// Connects fail before they look for a port: the host has no source address towards the
/// destination, since IPv6 is disabled or the address is gone (`ip6_dst_lookup_flow`,
/// `ip_route_connect`).
struct SourceAddressUnavailable: Rule {
    var ids: [FindingID] { [.sourceAddressUnavailable] }

    private let leastRate = 2.0
    private let muchOfAll = 0.05

    func examine(_ seen: Observation) throws -> [Finding] {
        let backend = try seen.ports.get().backend
        let calls = try Calls.of(seen)
        return calls.byDestination.filter { $0.value.withoutSource > 0 }
            .sorted {
                ($0.value.withoutSource, $1.key.destination.port, $1.key.command)
                    > ($1.value.withoutSource, $0.key.destination.port, $0.key.command)
            }
            .map { finding($0.key, $0.value, calls, backend, seen) }
    }

    private func finding(
        _ call: Calls.Call, _ stats: ConnectStats, _ calls: Calls, _ backend: Backend, _ seen: Observation
    ) -> Finding {
        let failed = stats.withoutSource
        let address = call.destination.address
        let endpoint = EndpointText.of(address, call.destination.port)
        let other = calls.successesElsewhere(of: call)
        let share = Double(failed) / Double(max(calls.all(of: call), 1))
        let isFallback = other >= failed
        let isMeant = !isFallback && seen.rate(failed) >= leastRate
        let isDisabled =
            address.family == .ipv6 && seen.namespaces[call.destination.netns]?.settings.ipv6Disabled == 1
        var evidence = [
            Evidence(
                "source_unavailable_per_s", seen.rate(failed),
                "\(Units.exact(failed)) of \(Units.exact(stats.connects)) connects failed with EADDRNOTAVAIL before a "
                    + "search for a port", by: .traced(backend))
        ]
        if isDisabled {
            evidence.append(
                Evidence("disable_ipv6", 1, "net.ipv6.conf.all.disable_ipv6 is 1", by: .setting))
        }
        if isFallback {
            evidence.append(
                Evidence(
                    "went_elsewhere", Double(other),
                    "\(Units.exact(other)) connects to the same port went well over the other address family",
                    by: .traced(backend)))
        }
        return Finding(
            id: .sourceAddressUnavailable,
            severity: !isMeant ? .info : share >= muchOfAll ? .critical : .warning,
            confidence: isMeant ? .certain : .possible,
            subject: .destination(call.destination, command: call.command),
            subjectText: "\(call.command) to \(endpoint)",
            summary: seen.often(failed, "connect") { $0 ? "fails" : "fail" }
                + " from \(call.command) to \(endpoint) "
                + "(EADDRNOTAVAIL): "
                + (isDisabled ? "IPv6 is disabled here" : "this host has no source address towards it"),
            evidence: evidence,
            impact: Impact(failed: isFallback ? 0 : seen.rate(failed), share: share),
            fixes: fixes(call, isDisabled, seen),
            check: "\(seen.prefix(call.destination.netns))ip route get \(address)",
            unsettled: isMeant ? "" : "whether the caller goes on with another address: its log")
    }

    private func fixes(_ call: Calls.Call, _ isDisabled: Bool, _ seen: Observation) -> [Fix] {
        let address = call.destination.address
        let prefix = seen.prefix(call.destination.netns)
        guard isDisabled else {
            return [
                Fix(
                    "give the host an address of the family, or correct the source address that \(call.command) binds",
                    command: "\(prefix)ip -br address; \(prefix)ip route get \(address)")
            ]
        }
        let instead = Fix(
            "have \(call.command) use an IPv4 address"
                + (address.isLoopback ? ": 127.0.0.1 instead of ::1 or localhost" : ""),
            lasting: "in \(call.command)'s configuration")
        return [
            instead,
            Fix.sysctl(
                "enable IPv6", "net.ipv6.conf.all.disable_ipv6", "0", in: call.destination.netns, seen,
                risk: "every interface gets IPv6 addresses: have the firewall cover them"),
        ]
    }
}
