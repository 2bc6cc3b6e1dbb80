// SPDX-License-Identifier: Apache-2.0
import Model

/// What of a namespace's firewall keeps packets from a service.
struct FirewallCulprit {
    /// The one that most likely does.
    let suspect: FirewallSuspect
    /// Others that may.
    let others: [FirewallSuspect]
    /// What drops the same packets in base chains behind its own, once they get there.
    let behind: [FirewallSuspect]

    /// It takes each packet, or is about the port, or there is no other: of many rules that ask for
    /// something else none is more likely than the next.
    var isNamed: Bool { suspect.isSure || suspect.namesPort || others.isEmpty }

    /// In the order in which a packet comes by on its way to a local socket, and its answer on the
    /// way out: there is none where the packet does not get in.
    private static let incoming: [FirewallHook] = [.ingress, .prerouting, .input]
    private static let outgoing: [FirewallHook] = [.output, .postrouting, .egress]
    private static let forwarded: [FirewallHook] = [.ingress, .prerouting, .forward, .postrouting, .egress]

    /// `nil`: no rule that was read can have dropped them.
    static func of(_ lost: ServiceDrops, in firewall: Firewall) -> FirewallCulprit? {
        let found = lost.families.sorted { $0.rawValue < $1.rawValue }.compactMap { family in
            FirewallCulprit(chains(lost, family, in: firewall))
        }
        // Whose packets were dropped is not known of a service with addresses of both families.
        guard let first = found.first(where: \.suspect.isSure) ?? found.first else { return nil }
        return found.filter { $0.suspect != first.suspect }.reduce(first) { $0.or($1) }
    }

    /// What keeps connects of this host from leaving it, each of them. `nil`: some may, as far as
    /// is known.
    static func ofConnects(to destination: Destination, in firewall: Firewall) -> FirewallCulprit? {
        let packet = FirewallPacket(port: destination.port, family: destination.address.unmapped.family)
        let culprit = FirewallCulprit(FirewallWalk.suspects(of: packet, at: outgoing, in: firewall))
        return culprit?.suspect.isSure == true ? culprit : nil
    }

    private static func chains(
        _ lost: ServiceDrops, _ family: AddressFamily, in firewall: Firewall
    ) -> [[FirewallSuspect]] {
        var packet = FirewallPacket(port: lost.port, family: family)
        if lost.isForwarded { return FirewallWalk.suspects(of: packet, at: forwarded, in: firewall) }
        let chains = FirewallWalk.suspects(of: packet, at: incoming, in: firewall)
        packet.isOutgoing = true
        return chains + FirewallWalk.suspects(of: packet, at: outgoing, in: firewall)
    }

    /// - Parameter chains: what may drop, by base chain, in the order in which packets come by.
    private init?(_ chains: [[FirewallSuspect]]) {
        let last = chains.firstIndex { $0.contains(where: \.isSure) } ?? chains.endIndex
        let reached = chains.prefix(last + 1).joined()
        // What takes each packet, and what names the port, before what may be about something else.
        guard
            let suspect = reached.first(where: \.isSure) ?? reached.first(where: \.namesPort) ?? reached.first
        else { return nil }
        self.init(
            suspect: suspect, others: reached.filter { $0 != suspect },
            behind: chains.dropFirst(last + 1).compactMap { $0.first(where: \.isSure) })
    }

    private init(suspect: FirewallSuspect, others: [FirewallSuspect], behind: [FirewallSuspect]) {
        self.suspect = suspect
        self.others = others
        self.behind = behind
    }

    private func or(_ other: FirewallCulprit) -> FirewallCulprit {
        let known = Set(others + [suspect])
        let more = ([other.suspect] + other.others).filter { !known.contains($0) }
        return FirewallCulprit(suspect: suspect, others: others + more, behind: behind)
    }
}

extension FirewallSuspect {
    fileprivate var namesPort: Bool {
        rule.map { (isOutgoing ? $0.source : $0.destination) != .any } ?? false
    }

    /// "rule with handle 5, chain i (hook input), table ip f", "the policy of chain i (…), table ip f".
    func text(_ firewall: Firewall) -> String {
        let tool = FirewallTool.of(self, in: firewall)
        let chain = rule?.chain ?? base.name
        let name = base.table.name
        let hook = chain == base.name ? "hook \(hook.rawValue)" : "by hook \(hook.rawValue)"
        let table = tool == .nft ? "\(base.table.family.rawValue) \(name)" : "\(name) (\(tool.command))"
        guard let rule else { return "the policy of chain \(chain) (\(hook)), table \(table)" }
        let number = tool == .nft ? "with handle \(rule.handle)" : "\(rule.position)"
        return "rule \(number), chain \(chain) (\(hook)), table \(table)"
    }

    /// What it does to packets: "drops", "rejects (by a reset)".
    var verb: String {
        if rule?.verdict == .map { return "decides by a map" }
        switch rejection {
        case nil: return "drops"
        case .reset: return "rejects (by a reset)"
        case .icmp: return "rejects (by an ICMP message)"
        }
    }
}

/// Whose syntax a table is written in.
enum FirewallTool: Hashable {
    case nft
    /// iptables-nft, whose tables nft(8) shows and is not to touch.
    case iptables, ip6tables

    var command: String {
        switch self {
        case .nft: "nft"
        case .iptables: "iptables"
        case .ip6tables: "ip6tables"
        }
    }

    static func of(_ suspect: FirewallSuspect, in firewall: Firewall) -> FirewallTool {
        of(suspect.base.table, in: firewall)
    }

    /// Tables that iptables-nft makes have iptables' names, and base chains that it has, too.
    static func of(_ table: FirewallTable, in firewall: Firewall) -> FirewallTool {
        guard table.family == .ip || table.family == .ip6, tables.contains(table.name),
            !firewall.nativeTables.contains(table)
        else { return .nft }
        let bases = firewall.chains.filter { $0.table == table && $0.base != nil }
        let isIPTables = bases.allSatisfy { $0.name == $0.base?.hook.rawValue.uppercased() }
        return !isIPTables ? .nft : table.family == .ip ? .iptables : .ip6tables
    }

    private static let tables: Set<String> = ["filter", "raw", "mangle", "nat", "security"]
}
