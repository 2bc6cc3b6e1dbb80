// SPDX-License-Identifier: Apache-2.0
import Model

/// One interval as nginx in front of php-fpm with a small range of ports gives it.
enum Sample {
    static let local = IPAddress(127, 0, 0, 1)
    static let netns: UInt32 = 4_026_531_840

    static func key(
        _ pid: UInt32 = 1234, _ command: CommandName = "nginx", kind: ConnectKey.Kind = .connect,
        netns: UInt32 = Sample.netns, source: IPAddress? = nil, to destination: IPAddress? = local,
        port: UInt16 = 9000
    ) -> ConnectKey {
        ConnectKey(
            kind: kind, pid: pid, command: command, netns: netns,
            family: destination?.family ?? .ipv4, source: source, destination: destination,
            port: port)
    }

    static let overflow = ConnectKey.others

    static func distribution(_ values: [(UInt64, UInt64)]) -> Distribution {
        var result = Distribution()
        for (value, count) in values { result.record(value, count: count) }
        return result
    }

    static var busy: ConnectStats {
        var stats = ConnectStats()
        stats.connects = 8412
        stats.failed = [99: 310, 111: 2]
        stats.withoutPort = 310
        stats.reused = 17
        stats.search = distribution([(820, 5000), (12_000, 3300), (1_500_000, 112)])
        stats.call = distribution([(15_000, 8000), (1_600_000, 412)])
        stats.tried = distribution([(1, 5000), (24, 3300), (51, 112)])
        stats.triedMethod = .derived
        stats.certain = 8395
        return stats
    }

    static var quiet: ConnectStats {
        var stats = ConnectStats()
        stats.connects = 3
        stats.search = distribution([(700, 3)])
        stats.call = distribution([(9000, 3)])
        stats.tried = distribution([(1, 3)])
        stats.triedMethod = .derived
        stats.certain = 3
        return stats
    }

    static var bind: ConnectStats {
        var stats = ConnectStats()
        stats.connects = 40
        stats.search = distribution([(2100, 40)])
        stats.tried = distribution([(2, 40)])
        stats.triedMethod = .counted
        stats.certain = 40
        stats.checks = 80
        return stats
    }

    static func range(
        to address: IPAddress = local, port: UInt16 = 9000, netns: UInt32 = Sample.netns,
        inUse: UInt32 = 51, timeWait: UInt32 = 38
    ) -> PortRange {
        PortRange(
            destination: Destination(netns: netns, address: address, port: port), low: 20000,
            high: 20050, reserved: 0, inUse: inUse, timeWait: timeWait, reusesTimeWait: false,
            recycled: 0)
    }

    static var interval: PortsInterval {
        let other = IPAddress("2001:db8::7")!
        return PortsInterval(
            duration: 1, wallTime: 1_795_464_327.042, backend: .fentry,
            connects: [
                key(): busy, key(88, "curl", to: other, port: 443): quiet,
                key(77, "iperf3", kind: .bind, to: nil, port: 0): bind,
            ],
            ranges: [range(), range(to: other, port: 443, inUse: 3, timeWait: 1)], loss: Loss())
    }

    /// The same seen by the tracepoint backend.
    static var tracepoint: PortsInterval {
        var interval = interval
        interval.backend = .tracepoint
        interval.connects = interval.connects.filter { $0.key.kind == .connect }
        for key in interval.connects.keys {
            interval.connects[key]?.search = nil
            interval.connects[key]?.tried = nil
            interval.connects[key]?.reused = nil
            interval.connects[key]?.triedMethod = .estimated
            interval.connects[key]?.certain = 0
        }
        interval.ranges[0].recycled = 12
        return interval
    }

    static var loss: Loss {
        var loss = Loss()
        loss.ring = 1200
        loss.table = 3
        loss.attempt = 5
        loss.missed = ["tcp_v4_connect": 2, "inet_hash_connect": 4]
        loss.notAttributed = 6
        return loss
    }
}
