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
        var socket = try RouteSocket()
        var found: [Qdisc] = []
        try socket.list(Int(RTM_GETQDISC)) { body in
            if let qdisc = Qdisc(body), qdisc.drops > 0, found.count < most { found.append(qdisc) }
        }
        var links: [UInt32: Qdisc.Link] = [:]
        for interface in Set(found.map(\.id.interface)) {
            // It may have gone since.
            links[interface] = (try? socket.link(interface)).flatMap(Qdisc.Link.init)
        }
        return found.map { qdisc in
            var qdisc = qdisc
            qdisc.link = links[qdisc.id.interface]
            return qdisc
        }
    }
}
