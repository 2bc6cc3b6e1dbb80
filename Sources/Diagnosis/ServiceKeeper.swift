// SPDX-License-Identifier: Apache-2.0
import Model

/// Who keeps packets from a service, as far as it is known, and what to do about it.
struct ServiceKeeper {
    private let lost: ServiceDrops
    private let seen: Observation
    /// Of the namespace; `nil`: it could not be looked at, or it is no firewall's doing.
    private let firewall: Firewall?
    /// `nil`: no rule that was read can have done it.
    private let culprit: FirewallCulprit?

    init(_ lost: ServiceDrops, _ seen: Observation) {
        self.lost = lost
        self.seen = seen
        firewall = lost.obstacle == .firewall ? seen.namespaces[lost.netns]?.firewall : nil
        culprit = firewall.flatMap { FirewallCulprit.of(lost, in: $0) }
    }

    /// What is rejected is told so. Where it is not sure which rule it was it may have been dropped.
    var isRejection: Bool { culprit.map { $0.suspect.isSure && $0.suspect.rejection != nil } ?? false }

    /// "the firewall drops", "the firewall rejects (by a reset)"
    var phrase: String {
        guard let suspect = culprit?.suspect, isRejection else { return lost.obstacle.phrase }
        return "the firewall \(suspect.verb)"
    }

    /// How packets go: "to", "from" a service's port.
    var direction: String { culprit?.suspect.isOutgoing == true ? "from" : "to" }

    /// Which rule, to be put behind what happened.
    var rule: String {
        guard let culprit, culprit.isNamed, let firewall else { return "" }
        return ": \(culprit.suspect.isSure ? "" : "perhaps ")\(culprit.suspect.text(firewall))"
    }

    var evidence: [Evidence] {
        guard let firewall, let culprit else { return [] }
        return ([culprit.suspect] + culprit.others.prefix(2)).map { suspect in
            let counted =
                suspect.rule?.packets.map { ", and counted \(Units.exact($0)) packets so far" } ?? ""
            let condition = suspect.isSure ? "" : " (some packets only)"
            return Evidence(
                suspect.rule == nil ? "firewall_policy_drops" : "firewall_rule_handle",
                suspect.rule.map { Double($0.handle) } ?? 1,
                "\(suspect.text(firewall)) \(suspect.verb)\(condition)\(counted)", by: .setting)
        }
    }

    var fixes: [Fix] {
        guard lost.obstacle == .firewall else { return ObstacleFixes(lost: lost, seen: seen).all() }
        let fixes = FirewallFixes(
            port: lost.port, prefix: seen.prefix(lost.netns), firewall: firewall ?? .unknown)
        guard let culprit, culprit.isNamed else { return [fixes.search()] }
        return [fixes.show(culprit.suspect), fixes.allow(culprit)].compactMap(\.self)
    }

    /// Never settled: a rule may be meant to drop.
    var unsettled: String {
        guard lost.obstacle == .firewall else {
            return
                "whether the rule is meant to drop them: which one counts, and whose packets (tcpwhy drops)"
        }
        guard let culprit else { return "which rule does\(reason)" }
        if culprit.suspect.isSure { return "whether the rule is meant to do so" }
        let many = UInt64(culprit.others.count + 1)
        let other =
            firewall?.isCut == true
            ? ", or another: there are too many rules to read" : ", or connection tracking"
        return
            "whether \(many == 1 ? "this rule" : "one of \(Units.exact(many)) rules") did\(other): see whose counter rises"
    }

    /// Why none is named.
    private var reason: String {
        guard let firewall else { return ": the firewall could not be looked at" }
        if firewall.isCut { return ": there are too many rules to read" }
        if let obstacle = firewall.obstacle { return ": \(obstacle)" }
        if !firewall.legacyFamilies.isEmpty { return ": those of iptables-legacy are not read" }
        return
            ", or connection tracking in the firewall's name: no rule of nftables that drops this port was there at "
            + "the end of the run"
    }
}

extension Firewall {
    /// It could not be looked at: there may be either.
    fileprivate static var unknown: Firewall {
        var firewall = Firewall()
        firewall.isCut = true
        firewall.legacyFamilies = [.ipv4]
        return firewall
    }
}
