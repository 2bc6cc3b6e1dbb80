// SPDX-License-Identifier: Apache-2.0
import CPrograms
import Host
import Model

/// What `drop.bpf.c` counts, in words.
enum PacketDecoding {
    static func packet(
        _ key: why_packet_key, _ reason: String?, _ places: PacketPlaces
    ) -> PacketDrop {
        PacketDrop(
            kind: kind(key, reason, places[key.location]?.symbol), reason: reason,
            location: places.text(key.location), transport: transport(key),
            port: key.port == 0 ? nil : key.port,
            netns: key.netns == 0 ? nil : key.netns)
    }

    static func place(_ key: why_refused_key) -> RefusedPlace {
        let family: AddressFamily = UInt32(key.family) == WHY_IPV6.rawValue ? .ipv6 : .ipv4
        return RefusedPlace(netns: key.netns, address: IPAddress(key.local, family), port: key.port)
    }

    /// The end of its stack's number; `nil`: none was kept.
    static func stack(_ key: why_packet_key) -> UInt32? {
        key.stack == 0 || key.stack == WHY_STACK_LOST ? nil : UInt32(key.stack) - 1
    }

    private static func kind(
        _ key: why_packet_key, _ reason: String?, _ symbol: String?
    ) -> PacketDrop.Kind {
        if Int32(key.flags) & WHY_PACKET_LISTEN != 0 { return .listen }
        // With a reason of its own it is a drop, whoever frees it.
        guard reason == nil || reason == "NOT_SPECIFIED" || reason == "QUEUE_PURGE" else { return .drop }
        if !isIP(key) { return .unclear }
        guard let symbol else { return .drop }
        if emptyQueues.contains(where: { symbol.hasPrefix($0) }) { return .unclear }
        // A kernel without any reasons has only places to tell by.
        guard reason != nil else { return .drop }
        return endSegments.contains { symbol.hasPrefix($0) } ? .unclear : .drop
    }

    /// Functions that empty the queues of a socket that closes.
    private static let emptyQueues = [
        "sk_stream_kill_queues", "skb_queue_purge", "__skb_queue_purge", "skb_rbtree_purge",
        "skb_release_data", "inet_sock_destruct", "tcp_write_queue_purge", "tcp_v4_destroy_sock",
    ]

    /// TCP's state machine also frees segments that way which it is done with, and
    /// before 6.15 gives no reason for those.
    private static let endSegments = [
        "tcp_rcv_state_process", "tcp_v4_do_rcv", "tcp_v6_do_rcv", "tcp_v4_rcv", "tcp_v6_rcv",
        "tcp_rcv_established", "tcp_data_queue", "tcp_validate_incoming",
    ]

    private static func isIP(_ key: why_packet_key) -> Bool {
        key.protocol == 0x0800 || key.protocol == 0x86dd || key.transport != 0
    }

    private static func transport(_ key: why_packet_key) -> String {
        switch key.transport {
        case 0: isIP(key) ? "ip" : key.protocol == 0 ? "other" : "0x" + String(key.protocol, radix: 16)
        case 1: "icmp"
        case 6: "tcp"
        case 17: "udp"
        case 58: "ipv6-icmp"
        case 132: "sctp"
        default: "\(key.transport)"
        }
    }
}
