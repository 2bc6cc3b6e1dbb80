// SPDX-License-Identifier: Apache-2.0
import Model

/// More ports for connections that go out of a namespace.
struct PortRangeFix {
    let netns: UInt32
    let seen: Observation

    /// At least twice as many ports as now, and at least `ports`. `nil`: the range is as wide
    /// as it gets, or not known.
    /// - Parameter high: the range's end, as far as one is known that is higher than Linux's own.
    func wider(ports: Int, high: Int) -> Fix? {
        guard let settings = seen.namespaces[netns]?.settings, let now = settings.portRange else {
            return nil
        }
        // Linux's own range is a good one if it is enough.
        let high = max(high, Int(now.upperBound), 60999)
        let available = free(now, settings)
        let needed = max(ports, available * 2, now.count)
        let low = needed <= high - 32767 ? 32768 : max((high - needed) / 1024 * 1024, 1024)
        guard let range = Self.range(low, high), free(range, settings) > available else { return nil }
        let listening = listeningPorts(in: low...high)
        let prefix = seen.prefix(netns)
        let list = ([settings.reservedPorts ?? ""] + listening.map { "\($0)" }).filter { !$0.isEmpty }
            .joined(separator: ",")
        let reserve: ShellCommand = "\(prefix)sysctl -w net.ipv4.ip_local_reserved_ports=\(list)"
        return Fix.sysctl(
            "let connects choose from \(free(range, settings)) ports instead of \(available)",
            "net.ipv4.ip_local_port_range", "\(low) \(high)", in: netns, seen,
            risk: listening.isEmpty
                ? "a service that later wants a port of the range may find it taken"
                : "services listen in the range: keep their ports out of it with \(reserve)")
    }

    /// Fewer reserved ports. `nil`: few of the range are.
    func fewerReserved() -> Fix? {
        guard let settings = seen.namespaces[netns]?.settings, let now = settings.portRange,
            let reserved = settings.reservedPorts, free(now, settings) * 2 < now.count
        else { return nil }
        let kept = listeningPorts(in: Int(now.lowerBound)...Int(now.upperBound)).map { "\($0)" }
            .joined(separator: ",")
        return Fix.sysctl(
            "reserve \(kept.isEmpty ? "no ports" : "only ports that services listen on") instead of \(reserved), which "
                + "leaves connects \(free(now, settings)) of the \(now.count) ports of the range",
            "net.ipv4.ip_local_reserved_ports", kept, in: netns, seen,
            risk: "a service that starts later may find its port taken by a connection")
    }

    private static func range(_ low: Int, _ high: Int) -> ClosedRange<UInt16>? {
        guard let low = UInt16(exactly: low), let high = UInt16(exactly: high), low <= high else {
            return nil
        }
        return low...high
    }

    /// Ports of a range that are not reserved.
    private func free(_ range: ClosedRange<UInt16>, _ settings: NetworkSettings) -> Int {
        range.count - (settings.reservedPorts.flatMap(PortList.init(parsing:))?.count(in: range) ?? 0)
    }

    private func listeningPorts(in range: ClosedRange<Int>) -> [UInt16] {
        guard case .seen(let drops) = seen.drops else { return [] }
        let ports = drops.listeners.keys.filter { $0.netns == netns && range.contains(Int($0.port)) }
        return Set(ports.map(\.port)).sorted()
    }
}
