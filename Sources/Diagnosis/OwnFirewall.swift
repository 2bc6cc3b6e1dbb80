// SPDX-License-Identifier: Apache-2.0
import Model

/// This host's own firewall keeps its connects from leaving it.
struct OwnFirewall {
    private let port: UInt16
    private let prefix: ShellCommand
    private let firewall: Firewall
    private let culprit: FirewallCulprit

    /// `nil`: none that was read drops or rejects each SYN to there.
    init?(_ destination: Destination, _ seen: Observation) {
        guard let firewall = seen.namespaces[destination.netns]?.firewall,
            let culprit = FirewallCulprit.ofConnects(to: destination, in: firewall)
        else { return nil }
        port = destination.port
        prefix = seen.prefix(destination.netns)
        self.firewall = firewall
        self.culprit = culprit
    }

    /// - Parameter failing: connects whose failure is what the rule makes of them, and as many
    ///   packets were dropped. `nil`: it explains them not, or not all.
    init?(_ failing: FailingConnects, _ seen: Observation) {
        guard let first = failing.destinations.first?.destination,
            failing.destinations.allSatisfy({ $0.destination.port == first.port }),
            OwnDrops(failing, seen).suffice
        else { return nil }
        let all = failing.destinations.compactMap { OwnFirewall($0.destination, seen) }
        guard let own = all.first, all.count == failing.destinations.count,
            all.allSatisfy({ own.explains(failing.reason) && $0.culprit.suspect == own.culprit.suspect })
        else { return nil }
        self = own
    }

    var isRejection: Bool { culprit.suspect.rejection != nil }

    var meaning: String {
        "this host's own firewall \(culprit.suspect.verb) its SYNs: \(culprit.suspect.text(firewall))"
    }

    var fixes: [Fix] {
        let fixes = FirewallFixes(port: port, prefix: prefix, firewall: firewall)
        return [fixes.show(culprit.suspect), fixes.allow(culprit)].compactMap(\.self)
    }

    private func explains(_ reason: ConnectFailure) -> Bool {
        switch culprit.suspect.rejection {
        case nil: return reason.isSilence
        case .reset: return reason == .error(ErrorNumber.connectionRefused, isSent: true)
        case .icmp:
            if case .error(_, let isSent) = reason { return isSent && !reason.isSilence }
            return false
        }
    }
}

/// Packets of connections that go out of a namespace, dropped by its own netfilter.
struct OwnDrops {
    let count: UInt64
    /// Whether they are enough for all of the connects: each SYN is one at least.
    let suffice: Bool
    /// Whether they are what nobody answered.
    let explain: Bool

    init(_ failing: FailingConnects, _ seen: Observation) {
        guard case .seen(let drops) = seen.drops else {
            (count, suffice, explain) = (0, false, false)
            return
        }
        let listening = Set(drops.listeners.keys.filter { $0.netns == failing.netns }.map(\.port))
        count = (drops.packets ?? [:]).reduce(0) { sum, packet in
            let key = packet.key
            let isOwn =
                key.netns == failing.netns && key.isByNetfilter && key.transport == "tcp"
                && !(key.port.map(listening.contains) ?? false)
            return isOwn ? sum &+ packet.value : sum
        }
        suffice = count > 0 && count >= failing.count
        explain = suffice && failing.reason.isSilence
    }
}
