// SPDX-License-Identifier: Apache-2.0
import Model

/// Why packets of a local service are dropped on purpose, as far as a reason says so.
enum Obstacle: String, Hashable, CaseIterable {
    /// nftables, iptables, also connection tracking.
    case firewall
    /// A program at a cgroup, a socket, an interface or a queueing discipline.
    case filter
    /// Their source is not where the route to it leads.
    case reversePath
    /// No key, or a wrong one (TCP MD5, TCP-AO, IPsec).
    case signature
    /// A wrong checksum or header.
    case damage

    /// Names of include/net/dropreason-core.h, without their prefix.
    private static let reasons: [String: Obstacle] = [
        "BPF_CGROUP_EGRESS": .filter, "SOCKET_FILTER": .filter, "TC_INGRESS": .filter, "TC_EGRESS": .filter,
        "XDP": .filter,
        "IP_RPFILTER": .reversePath,
        "XFRM_POLICY": .signature, "TCP_MD5NOTFOUND": .signature, "TCP_MD5UNEXPECTED": .signature,
        "TCP_MD5FAILURE": .signature, "TCP_AONOTFOUND": .signature, "TCP_AOUNEXPECTED": .signature,
        "TCP_AOKEYNOTFOUND": .signature, "TCP_AOFAILURE": .signature,
        "TCP_CSUM": .damage, "IP_CSUM": .damage, "IP_INHDR": .damage,
    ]

    /// `nil`: another reason, or none. What belongs to TCP itself (old data, a window that is
    /// full, a connection that closes) is no obstacle.
    init?(_ packet: PacketDrop) {
        if packet.isByNetfilter {
            self = .firewall
        } else {
            guard let known = packet.reason.flatMap({ Self.reasons[$0] }) else { return nil }
            self = known
        }
    }

    /// "the firewall drops"
    var phrase: String {
        switch self {
        case .firewall: "the firewall drops"
        case .filter: "a filter drops"
        case .reversePath: "the reverse path filter (rp_filter) drops"
        case .signature: "a check of signatures drops"
        case .damage: "a check of checksums and headers drops"
        }
    }
}

/// Packets to a port that a local socket listens on, lost to one obstacle.
struct ServiceDrops {
    /// Where they were dropped: the service's own namespace, unless they were on their way there.
    let netns: UInt32
    let port: UInt16
    let obstacle: Obstacle
    var count: UInt64
    /// A socket that listens there, in this namespace or the one they were forwarded to.
    let listener: Listener
    /// Of all sockets that do.
    let families: Set<AddressFamily>
    /// They were on their way to another namespace, a container's.
    let isForwarded: Bool
    /// Connections that came through to the port.
    let arrived: UInt64

    /// Of what would have come, 0 to 1: of a dropped SYN up to seven come.
    var share: Double { Double(count) / Double(max(count &+ arrived, 1)) }

    var subject: Finding.Subject { .port(port, netns: netns) }

    /// Those that lost most first.
    static func all(_ seen: Observation) throws(NotExamined) -> [ServiceDrops] {
        let drops = try seen.drops.get()
        guard let packets = drops.packets else { throw NotExamined("dropped packets are not traced here") }
        struct Key: Hashable {
            let netns: UInt32
            let port: UInt16
            let obstacle: Obstacle
        }
        let services = Dictionary(grouping: drops.listeners.keys, by: \.port)
        var found: [Key: ServiceDrops] = [:]
        for (packet, count) in packets where packet.kind == .drop && packet.transport == "tcp" {
            guard let port = packet.port, let obstacle = Obstacle(packet), let there = services[port] else {
                continue
            }
            guard
                let listener = Self.listener(of: packet, there) ?? Self.listener(behind: packet, there, seen)
            else { continue }
            let netns = packet.netns ?? listener.netns
            let key = Key(netns: netns, port: port, obstacle: obstacle)
            let drops = ServiceDrops(
                netns: netns, port: port, obstacle: obstacle, count: 0, listener: listener,
                families: Set(there.filter { $0.netns == listener.netns }.flatMap(\.families)),
                isForwarded: netns != listener.netns,
                arrived: Self.arrived(at: port, listener.netns, drops, seen))
            found[key, default: drops].count &+= count
        }
        return found.values.sorted {
            ($0.count, $1.port, $1.netns, $1.obstacle.rawValue) > (
                $1.count, $0.port, $0.netns, $0.obstacle.rawValue
            )
        }
    }

    /// Packets of no known namespace may be any service's on that port.
    private static func listener(of packet: PacketDrop, _ services: [Listener]) -> Listener? {
        services.filter { packet.netns == nil || packet.netns == $0.netns }
            .min { ($0.netns, $0.address, $0.inode) < ($1.netns, $1.address, $1.inode) }
    }

    /// A service of another namespace, where the firewall of this one keeps packets from going on
    /// to its port.
    private static func listener(
        behind packet: PacketDrop, _ services: [Listener], _ seen: Observation
    ) -> Listener? {
        guard packet.isByNetfilter, let netns = packet.netns, let port = packet.port,
            let firewall = seen.namespaces[netns]?.firewall
        else { return nil }
        let others = services.filter { $0.netns != netns && !$0.address.isLoopback }
        let isKeptOut = Set(others.flatMap(\.families)).contains { family in
            let packet = FirewallPacket(port: port, family: family)
            return FirewallWalk.suspects(of: packet, at: [.forward], in: firewall).joined().contains(
                where: \.isSure)
        }
        guard isKeptOut else { return nil }
        return others.min { ($0.netns, $0.address, $0.inode) < ($1.netns, $1.address, $1.inode) }
    }

    private static func arrived(
        at port: UInt16, _ netns: UInt32, _ drops: DropsInterval, _ seen: Observation
    ) -> UInt64 {
        let states = drops.listeners.filter { $0.key.port == port && $0.key.netns == netns }.values
        let accepted = states.compactMap(\.accepted)
        guard !accepted.isEmpty else { return seen.namespaces[netns]?.counters.passiveOpens ?? 0 }
        return accepted.reduce(0) { $0 &+ ($1.arrivals ?? $1.accepts) }
    }
}

extension Listener {
    /// Of whom it gets connections.
    fileprivate var families: [AddressFamily] {
        if address.unmapped.family == .ipv4 { return [.ipv4] }
        return isDualStack && address.isUnspecified ? [.ipv4, .ipv6] : [.ipv6]
    }
}
