// SPDX-License-Identifier: Apache-2.0
import CLinux
import Model

/// Chains and rules as nf_tables' messages describe them (include/uapi/linux/netfilter/nf_tables.h).
enum NetfilterDecoding {
    static func family(_ number: UInt8) -> FirewallFamily? {
        switch number {
        case 1: .inet  // NFPROTO_INET
        case 2: .ip  // NFPROTO_IPV4
        case 3: .arp  // NFPROTO_ARP
        case 5: .netdev  // NFPROTO_NETDEV
        case 7: .bridge  // NFPROTO_BRIDGE
        case 10: .ip6  // NFPROTO_IPV6
        default: nil
        }
    }

    /// A table, and whether it is switched off (NFT_TABLE_F_DORMANT).
    /// - Parameter attributes: of a message NFT_MSG_NEWTABLE.
    static func table(_ family: UInt8, _ attributes: ArraySlice<UInt8>) -> (FirewallTable, isDormant: Bool)? {
        let found = NetlinkAttributes(attributes)
        guard let family = Self.family(family), let name = found[NFTA_TABLE_NAME]?.textToZero
        else { return nil }
        let flags = found[NFTA_TABLE_FLAGS]?.bigEndian(UInt32.self) ?? 0
        return (FirewallTable(family, name), flags & NFT_TABLE_F_DORMANT.rawValue != 0)
    }

    /// - Parameter attributes: of a message NFT_MSG_NEWCHAIN. `nil`: they lack something, or are
    ///   of a family that this does not know.
    static func chain(_ family: UInt8, _ attributes: ArraySlice<UInt8>) -> FirewallChain? {
        let found = NetlinkAttributes(attributes)
        guard let family = Self.family(family), let table = found[NFTA_CHAIN_TABLE]?.textToZero,
            let name = found[NFTA_CHAIN_NAME]?.textToZero
        else { return nil }
        var chain = FirewallChain(FirewallTable(family, table), name)
        guard found[NFTA_CHAIN_HOOK] != nil else { return chain }
        let place = NetlinkAttributes(found[NFTA_CHAIN_HOOK])
        guard let hook = hook(place[NFTA_HOOK_HOOKNUM]?.bigEndian(UInt32.self), family),
            let priority = place[NFTA_HOOK_PRIORITY]?.bigEndian(Int32.self)
        else { return nil }
        // NF_DROP is 0. Without a policy, as chains of NAT are shown, what is left is accepted.
        let policy = found[NFTA_CHAIN_POLICY]?.bigEndian(UInt32.self)
        chain.base = FirewallChain.Base(hook, priority: priority, drops: policy == 0)
        return chain
    }

    /// - Parameter number: `enum nf_inet_hooks`, `enum nf_dev_hooks`.
    private static func hook(_ number: UInt32?, _ family: FirewallFamily) -> FirewallHook? {
        let hooks: [FirewallHook] =
            switch family {
            case .netdev: [.ingress, .egress]
            case .inet: [.prerouting, .input, .forward, .output, .postrouting, .ingress]
            default: [.prerouting, .input, .forward, .output, .postrouting]
            }
        return number.flatMap { Int(exactly: $0) }.flatMap { hooks.indices.contains($0) ? hooks[$0] : nil }
    }

    /// A rule, wherever it stands in its chain.
    struct Rule {
        let table: FirewallTable
        let chain: String
        let handle: UInt64
        let says: RuleReader
    }

    /// - Parameter attributes: of a message NFT_MSG_NEWRULE. `nil`: they lack something.
    static func rule(_ family: UInt8, _ attributes: ArraySlice<UInt8>) -> Rule? {
        let found = NetlinkAttributes(attributes)
        guard let family = Self.family(family), let table = found[NFTA_RULE_TABLE]?.textToZero,
            let chain = found[NFTA_RULE_CHAIN]?.textToZero,
            let handle = found[NFTA_RULE_HANDLE]?.bigEndian(UInt64.self)
        else { return nil }
        var reader = RuleReader(family)
        for element in NetlinkAttributes(found[NFTA_RULE_EXPRESSIONS]).all {
            let expression = NetlinkAttributes(element.value)
            reader.take(
                expression[NFTA_EXPR_NAME]?.textToZero ?? "",
                NetlinkAttributes(expression[NFTA_EXPR_DATA]))
        }
        return Rule(table: FirewallTable(family, table), chain: chain, handle: handle, says: reader)
    }
}
