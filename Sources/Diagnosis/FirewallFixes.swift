// SPDX-License-Identifier: Apache-2.0
import Model

/// What shows a firewall's rule, and what lets a service's packets pass before it, in the syntax of
/// the tool that made the rule.
struct FirewallFixes {
    let port: UInt16
    /// Of the namespace: "ip netns exec blue ".
    let prefix: ShellCommand
    let firewall: Firewall

    /// With the number by which `allow` names it.
    func show(_ suspect: FirewallSuspect) -> Fix {
        let tool = FirewallTool.of(suspect, in: firewall)
        let chain = suspect.rule?.chain ?? suspect.base.name
        let command: ShellCommand =
            switch (tool, isTypable(suspect)) {
            case (.nft, true): "nft -a list chain \(words(suspect.base.table, chain))"
            case (.nft, false): "nft -a list ruleset"
            case (_, true): "\(tool.command)\(option(suspect.base.table)) -nvxL \(chain) --line-numbers"
            case (_, false): "\(tool.command)\(option(suspect.base.table)) -nvxL --line-numbers"
            }
        return Fix("look at \(Self.what(suspect)), and what stands around it", command: "\(prefix)\(command)")
    }

    /// `nil`: a name in it is none that nft(8) or iptables(8) can be told.
    func allow(_ culprit: FirewallCulprit) -> Fix? {
        let suspects = [culprit.suspect] + culprit.behind
        let commands = suspects.compactMap(accept)
        guard commands.count == suspects.count else { return nil }
        let address = culprit.suspect.isOutgoing ? "destination" : "source"
        let more = culprit.behind.isEmpty ? "" : ", and before what drops it in the base chains behind"
        let way = culprit.suspect.isOutgoing ? "answers from port \(port) out" : "port \(port) through"
        return Fix(
            "let \(way), before \(Self.what(culprit.suspect))\(more)",
            command: commands.map { prefix + $0 }.joined(separator: " && "),
            lasting: lasting(culprit.suspect),
            risk: "everybody may use it; narrow it by the \(address) address")
    }

    /// Where no rule that was read can have dropped the packets.
    func search() -> Fix {
        var commands: [ShellCommand] = []
        if firewall.legacyFamilies.contains(.ipv4) { commands.append("iptables-legacy -nvxL --line-numbers") }
        if firewall.legacyFamilies.contains(.ipv6) {
            commands.append("ip6tables-legacy -nvxL --line-numbers")
        }
        if commands.isEmpty || !firewall.chains.isEmpty || firewall.isCut || firewall.obstacle != nil {
            commands.insert("nft -a list ruleset", at: 0)
        }
        return Fix(
            "find the rule whose counter rises",
            command: commands.map { prefix + $0 }.joined(separator: "; "))
    }

    private func accept(before suspect: FirewallSuspect) -> ShellCommand? {
        let tool = FirewallTool.of(suspect, in: firewall)
        let table = suspect.base.table
        let chain = suspect.rule?.chain ?? suspect.base.name
        guard isTypable(suspect) else { return nil }
        guard tool == .nft else {
            let place: ShellCommand = suspect.rule.map { "-I \(chain) \($0.position)" } ?? "-A \(chain)"
            let match: ShellCommand = suspect.isOutgoing ? "--sport" : "--dport"
            return "\(tool.command)\(option(table)) \(place) -p tcp \(match) \(port) -j ACCEPT"
        }
        let match = suspect.isOutgoing ? "sport" : "dport"
        let place: ShellCommand =
            suspect.rule.map { "insert rule \(words(table, chain)) handle \($0.handle)" }
            ?? "add rule \(words(table, chain))"
        return "nft \(place) tcp \(match) \(port) accept"
    }

    private static func what(_ suspect: FirewallSuspect) -> String {
        suspect.rule.map { "that rule of chain \($0.chain)" } ?? "the policy of chain \(suspect.base.name)"
    }

    private func lasting(_ suspect: FirewallSuspect) -> String {
        let names = [suspect.base.table.name, suspect.rule?.chain ?? suspect.base.name]
        if names[0] == "firewalld" {
            return "firewall-cmd --permanent --add-port=\(port)/tcp && firewall-cmd --reload"
        }
        if names[1].hasPrefix("ufw") { return "ufw allow \(port)/tcp" }
        return switch FirewallTool.of(suspect, in: firewall) {
        case .nft: "in the file that the rules come from (/etc/nftables.conf), before that rule"
        case .iptables, .ip6tables:
            "in what loads the rules (/etc/iptables/rules.v4, rules.v6), before that rule"
        }
    }

    /// " -t raw"; of the table filter it goes without saying.
    private func option(_ table: FirewallTable) -> ShellCommand {
        table.name == "filter" ? "" : " -t \(table.name)"
    }

    private func words(_ table: FirewallTable, _ chain: String) -> ShellCommand {
        "\(table.family.rawValue) \(table.name) \(chain)"
    }

    /// nft(8) takes no other names than such, and none in quotes (its scanner's `string`); whoever
    /// speaks netlink may make what he likes.
    static func isTypable(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || others.contains($0) }
    }

    private func isTypable(_ suspect: FirewallSuspect) -> Bool {
        let chain = suspect.rule?.chain ?? suspect.base.name
        guard FirewallTool.of(suspect, in: firewall) == .nft else { return Self.isTypableForIPTables(chain) }
        return [suspect.base.table.name, chain].allSatisfy(Self.isTypable)
    }

    /// iptables(8) takes what begins like that for something else.
    private static func isTypableForIPTables(_ chain: String) -> Bool {
        !chain.isEmpty && !chain.hasPrefix("-") && !chain.hasPrefix("!") && Printable.text(chain) == chain
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private static let others = Set("0123456789/-.".utf8)
}
