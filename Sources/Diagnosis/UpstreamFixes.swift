// SPDX-License-Identifier: Apache-2.0
import Model

/// What helps connects that find few ports free, or none.
struct UpstreamFixes {
    let upstream: Upstream
    let seen: Observation

    private var netns: UInt32 { upstream.destination.netns }
    private var settings: NetworkSettings? { seen.namespaces[netns]?.settings }

    /// TIME_WAIT lasts this long, whatever the settings (`TCP_TIMEWAIT_LEN`, include/net/tcp.h).
    private static let timeWaitSeconds = 60.0
    /// A port in TIME_WAIT is left alone for this long even where it may be taken over
    /// (`tcp_twsk_unique`, net/ipv4/tcp_ipv4.c).
    private static let reuseSeconds = 1.0

    /// `nil`: TIME_WAIT is not what holds the ports, or its ports are taken over already.
    func reuse() -> Fix? {
        guard upstream.isBlockedByTimeWait, settings?.timeWaitReuse != 1 else { return nil }
        var what = "let connects take over ports whose connection is in TIME_WAIT"
        if settings?.timestamps == 0 { what += " (it needs net.ipv4.tcp_timestamps=1, too)" }
        return Fix.sysctl(
            what, "net.ipv4.tcp_tw_reuse", "1", in: netns, seen,
            risk:
                "safe for a client with timestamps; it does nothing for a server's TIME_WAIT (net.ipv4.tcp_tw_recycle, "
                + "which broke clients behind NAT, is gone since Linux 4.12)")
    }

    /// Ports that the connects of the run would have held, had there been enough.
    var neededPorts: Int {
        let connects = seen.rate(upstream.stats.connects)
        guard let range = upstream.range else { return 0 }
        let isReused = range.reusesTimeWait || settings?.timeWaitReuse == 1 || upstream.isBlockedByTimeWait
        let after = range.timeWait == 0 ? 0 : isReused ? Self.reuseSeconds : Self.timeWaitSeconds
        // Held by connections that are open: by those there are, for each that succeeds.
        let succeeded = seen.rate(upstream.stats.connects) - seen.rate(upstream.stats.failures)
        let open = Double(range.inUse) - Double(range.timeWait)
        let each = succeeded > 0 ? open / succeeded : 0
        return Int(min((connects * (each + after)) * 1.5, 1e6))
    }

    /// A wider range, as wide as the connects need. `nil`: it is as wide as it gets.
    func widerRange() -> Fix? {
        // Of a run too short for a look at the ports, the setting is known all the same.
        PortRangeFix(netns: netns, seen: seen)
            .wider(ports: neededPorts, high: upstream.range.map { Int($0.high) } ?? 0)
    }

    /// `nil`: reserved ports are not what lacks.
    func fewerReserved() -> Fix? { PortRangeFix(netns: netns, seen: seen).fewerReserved() }

    func keepalive() -> Fix {
        guard let setting = upstream.program?.keepalive(to: upstream.endpoint) else {
            return Fix(
                "keep connections to \(upstream.endpoint) open and use them again",
                lasting: "in \(upstream.command)'s configuration or source",
                risk: "the other side must allow as many idle connections")
        }
        return Fix(
            "have \(upstream.command) keep connections to \(upstream.endpoint) open and use them again",
            line: setting.configuration, lasting: setting.lasting,
            // How many is for the other side to say: no value that a script could set.
            risk:
                "the other side must allow as many idle connections; a server that takes a worker for each "
                + "(php-fpm) needs more workers than are kept, or nobody else is served")
    }

    func moreDestinations() -> Fix {
        let next = EndpointText.of(upstream.destination.address, upstream.destination.port &+ 1)
        return Fix(
            "offer the service at more addresses or ports: each has the whole range for itself",
            line: upstream.program is Nginx
                ? "upstream backend { server \(upstream.endpoint); server \(next); }" : "",
            lasting: "in \(upstream.command)'s configuration", risk: "none beyond the work")
    }
}
