// SPDX-License-Identifier: Apache-2.0
import Model

/// Where a rule against what comes in belongs: the first of nftables' own chains that sees it.
/// `nil` of it: nothing but iptables' chains is there, or no firewall was read.
struct FirewallInput {
    /// "inet filter input", for nft(8).
    let chain: ShellCommand

    init?(_ firewall: Firewall?, for family: AddressFamily) {
        guard let firewall else { return nil }
        let own = firewall.chains.filter { chain in
            chain.base?.hook == .input && chain.table.family.sees(family)
                && FirewallTool.of(chain.table, in: firewall) == .nft
                && [chain.table.name, chain.name].allSatisfy(FirewallFixes.isTypable)
        }
        let first = own.min {
            ($0.base?.priority ?? 0, $0.table.name, $0.name) < (
                $1.base?.priority ?? 0, $1.table.name, $1.name
            )
        }
        guard let first else { return nil }
        chain = "\(first.table.family.rawValue) \(first.table.name) \(first.name)"
    }
}
