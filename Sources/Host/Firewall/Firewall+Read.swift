// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
public import Model

extension Firewall {
    /// Of each kind: a list of addresses written as rules may have 100,000 of them, and no report
    /// names more than a few.
    private static let mostObjects = 4096

    /// The packet filter of the calling thread's network namespace.
    ///
    /// Nothing is asked that would load a module: a kernel without nf_tables has no rules of it.
    public static func current() -> Firewall {
        var firewall = Firewall()
        firewall.legacyFamilies = legacyFamilies()
        guard hasTables else { return firewall }
        do throws(HostError) {
            var socket = try NetlinkSocket(NETLINK_NETFILTER, "ask netfilter for its rules")
            let dormant = try firewall.readTables(&socket)
            try firewall.readChains(&socket, without: dormant)
            guard !firewall.chains.isEmpty else { return firewall }
            try firewall.readRules(&socket, without: dormant)
        } catch {
            firewall.obstacle = "\(error)"
        }
        return firewall
    }

    private static let hasTables =
        (try? KernelSymbols(of: ["nft_do_chain"]))?.contains("nft_do_chain") == true

    private static func legacyFamilies() -> [AddressFamily] {
        let files: [(AddressFamily, String)] = [(.ipv4, "ip_tables_names"), (.ipv6, "ip6_tables_names")]
        return files.filter { _, name in
            (try? readText("/proc/thread-self/net/\(name)")).map { !$0.isEmpty } == true
        }.map(\.0)
    }

    /// - Returns: tables that are switched off.
    private mutating func readTables(
        _ socket: inout NetlinkSocket
    ) throws(HostError) -> Set<FirewallTable> {
        var dormant: Set<FirewallTable> = []
        try read(NFT_MSG_GETTABLE, &socket) { family, attributes in
            if let (table, isDormant) = NetfilterDecoding.table(family, attributes), isDormant {
                dormant.insert(table)
            }
        }
        return dormant
    }

    private mutating func readChains(
        _ socket: inout NetlinkSocket, without dormant: Set<FirewallTable>
    ) throws(HostError) {
        var chains: [FirewallChain] = []
        try read(NFT_MSG_GETCHAIN, &socket) { family, attributes in
            if let chain = NetfilterDecoding.chain(family, attributes), !dormant.contains(chain.table) {
                chains.append(chain)
            }
        }
        self.chains = chains
    }

    private mutating func readRules(
        _ socket: inout NetlinkSocket, without dormant: Set<FirewallTable>
    ) throws(HostError) {
        var found = RuleList()
        try read(NFT_MSG_GETRULE, &socket) { family, attributes in
            if let rule = NetfilterDecoding.rule(family, attributes), !dormant.contains(rule.table) {
                found.add(rule)
            }
        }
        rules = found.rules
        nativeTables = found.nativeTables
    }

    /// Reads what there is of a kind, or as much as is looked at.
    private mutating func read(
        _ request: nf_tables_msg_types, _ socket: inout NetlinkSocket,
        _ take: (UInt8, ArraySlice<UInt8>) -> Void
    ) throws(HostError) {
        guard !isCut else { return }
        var count = 0
        let type = Int(NFNL_SUBSYS_NFTABLES) << 8 | Int(request.rawValue)
        // All families, version 0.
        let isAll = try socket.list(type, nfgenmsg()) { message in
            // `struct nfgenmsg` stands before the attributes: its first byte is the family.
            guard Int32(message.type) >> 8 == NFNL_SUBSYS_NFTABLES, message.body.count >= 4,
                let family = message.body.first
            else { return true }
            guard count < Self.mostObjects else { return false }
            count += 1
            take(family, message.body.dropFirst(4))
            return true
        }
        isCut = !isAll
    }
}

/// Rules as they come: those of a chain are in their order.
struct RuleList {
    private(set) var rules: [FirewallRule] = []
    private(set) var nativeTables: Set<FirewallTable> = []
    private var positions: [FirewallChain: Int] = [:]

    mutating func add(_ rule: NetfilterDecoding.Rule) {
        let position = positions[FirewallChain(rule.table, rule.chain), default: 0] + 1
        positions[FirewallChain(rule.table, rule.chain)] = position
        if rule.says.isNative { nativeTables.insert(rule.table) }
        guard let verdict = rule.says.verdict, !rule.says.isForOthers else { return }
        rules.append(
            FirewallRule(
                rule.table, rule.chain, handle: rule.handle, position: position, verdict,
                destination: rule.says.destination, source: rule.says.source,
                family: rule.says.addressFamily, hasOtherConditions: rule.says.hasOtherConditions,
                packets: rule.says.packets))
    }
}
