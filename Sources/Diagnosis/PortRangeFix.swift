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
        let needed = max(ports, now.count * 2)
        let low = needed <= high - 32767 ? 32768 : max((high - needed) / 1024 * 1024, 1024)
        guard high - low + 1 > now.count else { return nil }
        let listening = listeningPorts(in: low...high)
        let list = ([settings.reservedPorts ?? ""] + listening.map { "\($0)" }).filter { !$0.isEmpty }
            .joined(separator: ",")
        return Fix.sysctl(
            "let connects choose from \(high - low + 1) ports instead of \(now.count)",
            "net.ipv4.ip_local_port_range", "\(low) \(high)", in: netns, seen,
            risk: listening.isEmpty
                ? "a service that later wants a port of the range may find it taken"
                : "services listen in the range: keep their ports out of it with "
                    + "\(seen.prefix(netns))sysctl -w net.ipv4.ip_local_reserved_ports=\(list)")
    }

    private func listeningPorts(in range: ClosedRange<Int>) -> [UInt16] {
        guard case .seen(let drops) = seen.drops else { return [] }
        let ports = drops.listeners.keys.filter { $0.netns == netns && range.contains(Int($0.port)) }
        return Set(ports.map(\.port)).sorted()
    }
}
