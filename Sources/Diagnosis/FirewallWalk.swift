// SPDX-License-Identifier: Apache-2.0
import Model

/// Packets that firewalls are asked about: TCP, of one service.
struct FirewallPacket {
    /// The service's.
    let port: UInt16
    let family: AddressFamily
    /// It leaves the host: the service's port is its source port.
    var isOutgoing = false

    /// Whether a rule may take such a packet.
    func matches(_ rule: FirewallRule) -> Bool {
        (rule.family ?? family) == family && (isOutgoing ? rule.source : rule.destination).contains(port)
    }

    /// Whether a rule that matches takes every such packet, whatever else is in it.
    func mustMatch(_ rule: FirewallRule) -> Bool {
        !rule.hasOtherConditions && (isOutgoing ? rule.destination : rule.source) == .any
    }
}

/// A rule, or a base chain's policy, that can have dropped packets.
struct FirewallSuspect: Hashable {
    /// By which packets come to it.
    let base: FirewallChain
    let hook: FirewallHook
    /// `nil`: the base chain's policy.
    let rule: FirewallRule?
    /// Nothing that packets of the service must have, beside the port, decides whether it takes them.
    let isSure: Bool
    let isOutgoing: Bool

    var rejection: FirewallRejection? {
        guard case .reject(let how) = rule?.verdict else { return nil }
        return how
    }
}

/// Goes the way of packets through base chains, as nft_do_chain() does (net/netfilter/nf_tables_core.c),
/// and collects what may drop them.
struct FirewallWalk {
    private enum Outcome {
        case accepted, dropped
        /// No rule decided.
        case fellThrough
    }

    private struct Visit: Hashable {
        let chain: String
        let isSure: Bool
    }

    private let packet: FirewallPacket
    private let rules: [FirewallChain: [FirewallRule]]
    private let base: FirewallChain
    /// Chains that were gone through, and what became of packets there.
    private var outcomes: [Visit: Outcome] = [:]
    /// In the order in which packets come by.
    private var suspects: [FirewallSuspect] = []

    /// - Returns: what may drop packets in each base chain of these hooks, up to the rule that no
    ///   packet passes. Base chains that drop nothing have none.
    static func suspects(
        of packet: FirewallPacket, at hooks: [FirewallHook], in firewall: Firewall
    ) -> [[FirewallSuspect]] {
        let rules = Dictionary(grouping: firewall.rules) { FirewallChain($0.table, $0.chain) }
        let bases = firewall.chains.filter { chain in
            chain.base.map { hooks.contains($0.hook) } == true && chain.table.family.sees(packet.family)
        }
        return bases.sorted { order($0, hooks) < order($1, hooks) }.map { base in
            var walk = FirewallWalk(packet: packet, rules: rules, base: base)
            // Rules that were not read may accept before.
            walk.goThroughBase(isSure: !firewall.isCut)
            return walk.suspects
        }.filter { !$0.isEmpty }
    }

    private static func order(_ chain: FirewallChain, _ hooks: [FirewallHook]) -> (Int, Int32) {
        (chain.base.flatMap { hooks.firstIndex(of: $0.hook) } ?? 0, chain.base?.priority ?? 0)
    }

    private init(packet: FirewallPacket, rules: [FirewallChain: [FirewallRule]], base: FirewallChain) {
        self.packet = packet
        self.rules = rules
        self.base = base
    }

    private mutating func goThroughBase(isSure: Bool) {
        let outcome = goThrough(base.name, isSure: isSure)
        if outcome == .fellThrough, base.base?.drops == true { add(nil, isSure: isSure) }
    }

    private mutating func add(_ rule: FirewallRule?, isSure: Bool) {
        guard let hook = base.base?.hook else { return }
        suspects.removeAll { $0.rule == rule && isSure }
        suspects.append(
            FirewallSuspect(
                base: base, hook: hook, rule: rule, isSure: isSure, isOutgoing: packet.isOutgoing))
    }

    /// - Parameter isSure: every packet comes to this chain.
    private mutating func goThrough(_ chain: String, isSure: Bool) -> Outcome {
        // However many rules lead to a chain, it is gone through twice at most.
        let visit = Visit(chain: chain, isSure: isSure)
        if let known = outcomes[visit] { return known }
        outcomes[visit] = .fellThrough
        let outcome = decide(chain, isSure: isSure)
        outcomes[visit] = outcome
        return outcome
    }

    private mutating func decide(_ chain: String, isSure: Bool) -> Outcome {
        for rule in rules[FirewallChain(base.table, chain)] ?? [] where packet.matches(rule) {
            let takesAll = packet.mustMatch(rule)
            if let outcome = follow(rule, isSure: isSure && takesAll), takesAll { return outcome }
        }
        return .fellThrough
    }

    /// - Returns: what becomes of packets that the rule takes; `nil`: they go on to the next rule.
    private mutating func follow(_ rule: FirewallRule, isSure: Bool) -> Outcome? {
        switch rule.verdict {
        case .accept: return .accepted
        case .back: return .fellThrough
        case .drop, .reject:
            // A counter that never counted: no packet got to the end of the rule.
            if rule.packets == 0 { return nil }
            add(rule, isSure: isSure)
            return .dropped
        case .map:
            add(rule, isSure: false)
            return nil
        case .jump(let chain):
            let outcome = goThrough(chain, isSure: isSure)
            return outcome == .fellThrough ? nil : outcome
        case .goto(let chain): return goThrough(chain, isSure: isSure)
        }
    }
}
