// SPDX-License-Identifier: Apache-2.0
import Model

/// A local port that somebody wants and nobody listens on.
struct RefusedPort {
    let netns: UInt32
    let port: UInt16
    /// Packets that found no socket. `nil`: not traced.
    var packets: UInt64?
    /// Connects of this machine that were refused (ECONNREFUSED), by who called.
    var refused: [String: UInt64] = [:]
    /// The socket that listened there and closed during the run, or that listens again.
    var listener: Listener?

    var connects: UInt64 { refused.values.reduce(0) { $0 &+ $1 } }

    var subject: Finding.Subject { .port(port, netns: netns) }

    private static let connectionRefused: Int32 = 111

    /// Those that are wanted most first.
    static func all(_ seen: Observation) throws(NotExamined) -> [RefusedPort] {
        if case .not(let why) = seen.ports, case .not = seen.drops { throw NotExamined(why) }
        var found: [Key: RefusedPort] = [:]
        addConnects(seen, to: &found)
        addPackets(seen, to: &found)
        return found.values.sorted {
            ($0.connects, $0.packets ?? 0, $1.port, $1.netns) > (
                $1.connects, $1.packets ?? 0, $0.port, $0.netns
            )
        }
    }

    private struct Key: Hashable {
        let netns: UInt32
        let port: UInt16
    }

    /// Connects to the machine itself. Where others refuse, a firewall may, too.
    private static func addConnects(_ seen: Observation, to found: inout [Key: RefusedPort]) {
        guard case .seen(let ports) = seen.ports else { return }
        for (key, stats) in ports.connects where key.kind == .connect && !key.isOverflow {
            guard let count = stats.failed[connectionRefused], count > 0,
                key.destination?.unmapped.isLoopback == true
            else { continue }
            let place = Key(netns: key.netns, port: key.port)
            var port = found[place] ?? RefusedPort(netns: key.netns, port: key.port)
            port.refused[key.command.text, default: 0] &+= count
            port.listener = listener(at: place, seen)
            found[place] = port
        }
    }

    /// A late packet of a connection that is over finds no socket either. It goes to a port of
    /// the ephemeral range, or to one that somebody listens on: such are no sign of anything.
    private static func addPackets(_ seen: Observation, to found: inout [Key: RefusedPort]) {
        guard case .seen(let drops) = seen.drops, let packets = drops.packets else { return }
        let listening = Set(
            drops.listeners.filter { !$0.value.isClosed }.keys.map { Key(netns: $0.netns, port: $0.port) })
        for (packet, count) in packets
        where packet.kind == .drop && packet.transport == "tcp" && packet.reason == "NO_SOCKET" {
            guard let netns = packet.netns, let number = packet.port else { continue }
            let place = Key(netns: netns, port: number)
            if found[place] == nil {
                let range = seen.namespaces[netns]?.settings.portRange ?? 32768...60999
                guard !range.contains(number), !listening.contains(place) else { continue }
                found[place] = RefusedPort(netns: netns, port: number, listener: listener(at: place, seen))
            }
            let before = found[place]?.packets ?? 0
            found[place]?.packets = before &+ count
        }
    }

    private static func listener(at place: Key, _ seen: Observation) -> Listener? {
        guard case .seen(let drops) = seen.drops else { return nil }
        return drops.listeners.keys.filter { $0.netns == place.netns && $0.port == place.port }
            .min { $0.inode < $1.inode }
    }
}
