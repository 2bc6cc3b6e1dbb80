// SPDX-License-Identifier: Apache-2.0

/// Packets that the kernel freed as dropped, counted together: one row.
public struct PacketDrop: Sendable, Hashable {
    /// What such a packet was.
    public enum Kind: String, Sendable, Hashable {
        /// Lost.
        case drop
        /// A listening socket's last ACK of a handshake: among the socket's causes, too.
        case listen
        /// Freed without a reason given, where that also happens to packets that nobody
        /// misses: sockets that close empty their queues, and older kernels free some
        /// packets that way after they used them.
        case unclear
    }

    public var kind: Kind
    /// The kernel's name, `SKB_DROP_REASON_` left out; a number if it has none; `nil`:
    /// this kernel gives no reasons (before 5.17).
    public var reason: String?
    /// "nf_hook_slow+0x8c", or an address if no symbol is known.
    public var location: String
    /// "tcp", "udp", "icmp", "ipv6-icmp", …, or the protocol's number.
    public var transport: String
    /// The local port; `nil`: none, or not known.
    public var port: UInt16?
    /// Inode of the network namespace; `nil`: not known.
    public var netns: UInt32?

    public init(
        kind: Kind, reason: String?, location: String, transport: String, port: UInt16?, netns: UInt32?
    ) {
        self.kind = kind
        self.reason = reason
        self.location = location
        self.transport = transport
        self.port = port
        self.netns = netns
    }
}

extension PacketDrop {
    /// Whether netfilter dropped it: a firewall, or connection tracking in a firewall's name
    /// (`nf_hook_slow`, net/netfilter/core.c).
    public var isByNetfilter: Bool {
        guard kind == .drop else { return false }
        // Before Linux 5.17 there is only the place.
        guard let reason else { return location.hasPrefix("nf_hook_slow") }
        return reason == "NETFILTER_DROP" || reason == "NETFILTER_INGRESS"
    }
}

extension PacketDrop: LedgerKey {
    /// Whatever port it was for.
    public var ended: PacketDrop {
        var packet = self
        packet.port = nil
        return packet
    }

    public static let rest = PacketDrop(
        kind: .drop, reason: nil, location: "(ended)", transport: "other", port: nil, netns: nil)
}
