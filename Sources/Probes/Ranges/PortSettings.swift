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
        reuse = try Sysctl.integerIfThere("net.ipv4.tcp_tw_reuse") ?? 0
        timestamps = try Sysctl.integerIfThere("net.ipv4.tcp_timestamps") ?? 0 != 0
    }

    /// The range of sockets with IP_LOCAL_PORT_RANGE: each end holds where it
    /// lies inside the namespace's range (`inet_sk_get_local_port_range`).
    func range(of own: ClosedRange<UInt16>?) -> ClosedRange<UInt16> {
        guard let own else { return range }
        let low = range.contains(own.lowerBound) ? own.lowerBound : range.lowerBound
        let high = range.contains(own.upperBound) ? own.upperBound : range.upperBound
        return min(low, high)...max(low, high)
    }

    /// How many ports of `range` are reserved, and of those how many have the
    /// parity of its first port.
    func reserved(in range: ClosedRange<UInt16>) -> (all: UInt32, first: UInt32) {
        reserved.reduce(into: (0, 0)) { sum, part in
            guard part.overlaps(range) else { return }
            let common = part.clamped(to: range)
            let count = UInt32(common.upperBound - common.lowerBound) + 1
            let isFirst = (common.lowerBound ^ range.lowerBound) & 1 == 0
            sum.all += count
            sum.first += isFirst ? count - count / 2 : count / 2
        }
    }

    func isReserved(_ port: UInt16) -> Bool { reserved.contains { $0.contains(port) } }

    /// `tcp_twsk_unique`: needs timestamps, and a second's age, which is not looked at here.
    func reusesTimeWait(towards address: IPAddress) -> Bool {
        timestamps && (reuse == 1 || (reuse == 2 && address.isLoopback))
    }
}
