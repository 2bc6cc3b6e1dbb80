// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes

/// What the kernel says of itself, its namespaces, and processes that hold listening sockets.
struct MachinePart {
    private(set) var last = MachineFacts()

    /// Firewalls of more namespaces are not read: those that dropped most are.
    private static let mostFirewalls = 32

    mutating func read(_ looks: NamespaceLooks) {
        last.namespaces = looks.found.compactMapValues(\.facts)
        last.processes = [:]
        last.availableMemory = Memory.available()
    }

    /// With what only the end of a run asks for: who holds sockets, which firewalls dropped packets.
    mutating func readLast(_ looks: inout NamespaceLooks, _ drops: DropsSnapshot?) {
        read(looks)
        let owners = drops?.owners.values.map { $0 } ?? []
        let pids = Set(owners.joined().map(\.pid))
        last.processes = pids.reduce(into: [:]) { $0[$1] = ProcessFacts(pid: $1) }
        for netns in drops.map(firewalls) ?? [] {
            last.namespaces[netns]?.firewall = looks.firewall(in: netns)
        }
    }

    /// Namespaces in which netfilter dropped packets, or connection tracking soon will.
    private func firewalls(_ drops: DropsSnapshot) -> [UInt32] {
        var dropped = drops.conntrack.filter(\.value.isTight).mapValues { $0.full ?? 0 }
        for (packet, count) in drops.packets ?? [:] where packet.isByNetfilter {
            // Of no known namespace: it may be any.
            for netns in packet.netns.map({ [$0] }) ?? Array(last.namespaces.keys) {
                dropped[netns, default: 0] &+= count
            }
        }
        let most = dropped.filter { last.namespaces[$0.key] != nil }
            .sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        return most.prefix(Self.mostFirewalls).map(\.key)
    }
}

extension NamespaceLooks {
    /// `nil`: the namespace is gone.
    fileprivate mutating func firewall(in inode: UInt32) -> Firewall? {
        guard let namespace = namespace(inode, near: nil) else { return nil }
        return try? inNetworkNamespace(namespace.value) { Firewall.current() }
    }
}
