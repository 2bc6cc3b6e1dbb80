// SPDX-License-Identifier: Apache-2.0
import CLinux
import Model

/// The queueing disciplines of a network namespace.
enum Qdiscs {
    /// More say nothing more.
    private static let most = 1024

    /// Those of the calling thread's namespace that dropped something since they are there, and the
    /// interfaces that they send by.
    static func current() throws(HostError) -> [Qdisc] {
        var socket = try NetlinkSocket(NETLINK_ROUTE, "ask for queueing disciplines")
        var found: [Qdisc] = []
        _ = try socket.list(Int(RTM_GETQDISC), tcmsg()) { message in
            if let qdisc = Qdisc(message.body), qdisc.drops > 0 { found.append(qdisc) }
            return found.count < most
        }
        var links: [UInt32: Qdisc.Link] = [:]
        for interface in Set(found.map(\.id.interface)) {
            // It may have gone since.
            links[interface] = (try? link(interface, &socket)).flatMap(Qdisc.Link.init)
        }
        return found.map { qdisc in
            var qdisc = qdisc
            qdisc.link = links[qdisc.id.interface]
            return qdisc
        }
    }

    private static func link(
        _ interface: UInt32, _ socket: inout NetlinkSocket
    ) throws(HostError) -> ArraySlice<UInt8> {
        var request = ifinfomsg()
        request.ifi_index = Int32(bitPattern: interface)
        return try socket.first(Int(RTM_GETLINK), request).body
    }
}
