// SPDX-License-Identifier: Apache-2.0
import Model

/// How connections to a port are kept out of connection tracking, in the syntax of the firewall
/// that is there.
///
/// A packet is tracked where it comes by first: a client's of another host in PREROUTING, the
/// service's answer in OUTPUT. A client's of this host comes by OUTPUT first, on its way to lo, and
/// there by its destination port.
struct Untracked {
    /// Of the namespace: "ip netns exec blue ".
    let prefix: ShellCommand
    /// `nil`: it could not be looked at.
    let firewall: Firewall?

    func command(_ port: UInt16) -> ShellCommand {
        guard let tool else { return nft(port) }
        let rules: [ShellCommand] = [
            "PREROUTING -p tcp --dport \(port)", "OUTPUT -p tcp --sport \(port)",
            "OUTPUT -o lo -p tcp --dport \(port)",
        ]
        return rules.map { rule -> ShellCommand in "\(prefix)\(tool) -t raw -A \(rule) -j CT --notrack" }
            .joined(separator: " && ")
    }

    var lasting: String {
        tool == nil
            ? "in the file that the rules come from (/etc/nftables.conf)"
            : "in what loads the rules; for IPv6 the same with ip6tables"
    }

    /// In a table of its own, beside whatever else there is: nothing behind it tracks what it marked.
    private func nft(_ port: UInt16) -> ShellCommand {
        let hooks: [ShellCommand] = ["prerouting", "output"].map {
            "add chain inet untracked \($0) { type filter hook \($0) priority raw; }"
        }
        let rules = [
            "prerouting tcp dport \(port)", "output tcp sport \(port)", "output oif lo tcp dport \(port)",
        ].map { (rule: ShellCommand) -> ShellCommand in "add rule inet untracked \(rule) notrack" }
        return "\(prefix)nft '\((["add table inet untracked"] + hooks + rules).joined(separator: "; "))'"
    }

    /// "iptables", or what it is called beside iptables-nft; `nil`: nft does it.
    private var tool: String? {
        guard let firewall else { return nil }
        let tools = Set(firewall.chains.map { FirewallTool.of($0.table, in: firewall) })
        if tools.contains(.iptables) { return "iptables" }
        return firewall.chains.isEmpty && firewall.legacyFamilies.contains(.ipv4) ? "iptables-legacy" : nil
    }
}
