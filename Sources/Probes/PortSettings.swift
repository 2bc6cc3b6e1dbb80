// SPDX-License-Identifier: Apache-2.0
import Host
import Model

/// What governs the choice of ports in the calling thread's network namespace.
struct PortSettings {
    let range: ClosedRange<UInt16>
    private let reserved: [ClosedRange<UInt16>]
    /// `net.ipv4.tcp_tw_reuse`: 0 never, 1 always, 2 towards loopback.
    private let reuse: Int
    private let timestamps: Bool

    init() throws(HostError) {
        range = try Sysctl.localPortRange()
        reserved = try Sysctl.reservedPorts()
        reuse = (try? Sysctl.integer("net.ipv4.tcp_tw_reuse")) ?? 0
        timestamps = ((try? Sysctl.integer("net.ipv4.tcp_timestamps")) ?? 0) != 0
    }

    /// The range of sockets with IP_LOCAL_PORT_RANGE: each end holds where it
    /// lies inside the namespace's range (`inet_sk_get_local_port_range`).
    func range(of own: ClosedRange<UInt16>?) -> ClosedRange<UInt16> {
        guard let own else { return range }
        let low = range.contains(own.lowerBound) ? own.lowerBound : range.lowerBound
        let high = range.contains(own.upperBound) ? own.upperBound : range.upperBound
        return min(low, high)...max(low, high)
    }

    /// How many ports of `range` are reserved.
    func reserved(in range: ClosedRange<UInt16>) -> UInt32 {
        reserved.reduce(0) { sum, part in
            guard part.overlaps(range) else { return sum }
            let common = part.clamped(to: range)
            return sum + UInt32(common.upperBound - common.lowerBound) + 1
        }
    }

    /// `tcp_twsk_unique`: needs timestamps, and a second's age, which is not looked at here.
    func reusesTimeWait(towards address: IPAddress) -> Bool {
        timestamps && (reuse == 1 || (reuse == 2 && address.isLoopback))
    }
}
