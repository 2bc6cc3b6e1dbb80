// SPDX-License-Identifier: Apache-2.0

/// The packet filter of a network namespace: what of it can keep a TCP packet from its port.
public struct Firewall: Sendable, Hashable {
    /// nftables' base chains, those of iptables-nft among them, and all others.
    public var chains: [FirewallChain] = []
    /// Rules that decide where a packet goes, in the order in which a chain has them.
    public var rules: [FirewallRule] = []
    /// Tables that hold what only nft(8) makes: iptables-nft says that they are incompatible.
    public var nativeTables: Set<FirewallTable> = []
    /// Not all was read: there are more rules or chains than are looked at.
    public var isCut = false
    /// Families of which iptables-legacy has tables (`/proc/net/ip_tables_names`): their rules are
    /// not read.
    public var legacyFamilies: [AddressFamily] = []
    /// Why nothing of nftables is known; `nil`: it was read, or this kernel has none.
    public var obstacle: String?

    public init() {}

    /// Nothing filters here, as far as was seen.
    public var isEmpty: Bool { chains.isEmpty && legacyFamilies.isEmpty && obstacle == nil && !isCut }
}

/// Which packets a table sees (`enum nft_family`: NFPROTO_*, include/uapi/linux/netfilter.h).
public enum FirewallFamily: String, Sendable, Hashable, CaseIterable {
    case inet, ip, ip6, arp, bridge, netdev

    /// Whether its chains see packets of an address family.
    public func sees(_ family: AddressFamily) -> Bool {
        switch self {
        case .ip: family == .ipv4
        case .ip6: family == .ipv6
        case .arp: false
        case .inet, .bridge, .netdev: true
        }
    }
}

/// A table of nftables. Its name is its maker's choice.
public struct FirewallTable: Sendable, Hashable {
    public var family: FirewallFamily
    public var name: String

    public init(_ family: FirewallFamily, _ name: String) {
        self.family = family
        self.name = name
    }
}

/// Where in a packet's way a base chain stands, in the order in which packets come by.
public enum FirewallHook: String, Sendable, Hashable, CaseIterable {
    case ingress, prerouting, input, forward, output, postrouting, egress
}

/// A chain of nftables.
public struct FirewallChain: Sendable, Hashable {
    /// What makes it a base chain: packets come to it by themselves.
    public struct Base: Sendable, Hashable {
        public var hook: FirewallHook
        /// Lower ones come first.
        public var priority: Int32
        /// What no rule decides is dropped.
        public var drops: Bool

        public init(_ hook: FirewallHook, priority: Int32, drops: Bool) {
            self.hook = hook
            self.priority = priority
            self.drops = drops
        }
    }

    public var table: FirewallTable
    public var name: String
    /// `nil`: only other chains' rules lead to it.
    public var base: Base?

    public init(_ table: FirewallTable, _ name: String, base: Base? = nil) {
        self.table = table
        self.name = name
        self.base = base
    }
}

/// A rule of nftables, as far as it matters for TCP packets.
public struct FirewallRule: Sendable, Hashable {
    public enum Verdict: Sendable, Hashable {
        /// Past all that is left of its base chain, to the next one.
        case accept
        case drop
        case reject(FirewallRejection)
        /// On to a chain of the same table, and back.
        case jump(String)
        /// The same, but not back.
        case goto(String)
        /// Back to where the chain was jumped to from; in a base chain to its policy.
        case back
        /// A verdict map says: it may be any of these.
        case map
    }

    public var table: FirewallTable
    public var chain: String
    /// By which nft(8) names it.
    public var handle: UInt64
    /// Its place in the chain, from 1: by which iptables(8) names it.
    public var position: Int
    public var verdict: Verdict
    public var destination: PortMatch
    public var source: PortMatch
    /// The only address family that it sees; `nil`: both.
    public var family: AddressFamily?
    /// It asks for more than ports: addresses, interfaces, a connection's state, a rate, a set.
    public var hasOtherConditions: Bool
    /// What its counter counted since it was made; `nil`: it has none before its verdict.
    public var packets: UInt64?

    public init(
        _ table: FirewallTable, _ chain: String, handle: UInt64, position: Int, _ verdict: Verdict,
        destination: PortMatch = .any, source: PortMatch = .any, family: AddressFamily? = nil,
        hasOtherConditions: Bool = false, packets: UInt64? = nil
    ) {
        self.table = table
        self.chain = chain
        self.handle = handle
        self.position = position
        self.verdict = verdict
        self.destination = destination
        self.source = source
        self.family = family
        self.hasOtherConditions = hasOtherConditions
        self.packets = packets
    }
}

/// How a rule answers what it lets nobody have.
public enum FirewallRejection: Sendable, Hashable {
    /// A TCP reset: connect() fails with ECONNREFUSED.
    case reset
    /// An ICMP message "unreachable": connect() fails by its code.
    case icmp
}
