// SPDX-License-Identifier: Apache-2.0
import Model

/// Words that the ports reports share.
enum PortsText {
    static let others = "(others)"

    /// "nginx[1234]"
    static func process(_ key: ConnectKey) -> String {
        key.isOverflow ? key.command.text : "\(key.command.text)[\(key.pid)]"
    }

    /// "127.0.0.1:9000", "[::1]:80", "bind(0)"; what is not known is "–".
    static func destination(_ key: ConnectKey) -> String {
        if key.isOverflow { return Units.none }
        if key.kind == .bind { return key.family == .ipv6 ? "bind(0) IPv6" : "bind(0)" }
        guard let destination = key.destination else { return Units.none }
        return EndpointText.of(destination, key.port)
    }

    /// "EADDRNOTAVAIL 310/s, ECONNREFUSED 2/s", the most frequent first. Without
    /// seconds, the counts themselves.
    static func failures(_ failed: [Int32: UInt64], over seconds: Double?) -> String {
        let sorted = failed.filter { $0.value > 0 }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return sorted.map { number, count in
            let amount = seconds.map { Units.rate(count, over: $0) + "/s" } ?? Units.exact(count)
            return ErrorName.name(number) + " " + amount
        }.joined(separator: ", ")
    }

    /// "20:05:27  interval 1s  backend fentry  ports tried: derived, 99.8% certain"
    static func header(_ interval: PortsInterval, _ rows: [PortsRow], _ style: TextStyle) -> String {
        style.heading(
            end: interval.wallTime, duration: interval.duration, means: means(interval, rows))
    }

    /// How the figures were come by: the backend, and what it cannot see.
    static func means(_ interval: PortsInterval, _ rows: [PortsRow]) -> String {
        let known = "backend \(interval.backend.rawValue)  ports tried: \(method(rows))"
        let searches = rows.contains { ($0.stats.search?.count ?? 0) > 0 }
        guard interval.backend == .tracepoint, searches else { return known }
        return known + "  search: failed ones only"
    }

    /// What became of connects that the columns do not tell. `nil` if nothing.
    static func remarks(_ rows: [PortsRow]) -> String? {
        func sum(_ count: (ConnectStats) -> UInt64) -> UInt64 {
            rows.reduce(0) { $0 &+ count($1.stats) }
        }
        let parts = [
            (sum(\.abandoned), "closed before an answer"), (sum(\.untimed), "counted, not timed"),
            (sum(\.unknown), "with unknown outcome"),
        ].filter { $0.0 > 0 }.map { "\(Units.exact($0.0)) \($0.1)" }
        return parts.isEmpty ? nil : "of the connects: " + parts.joined(separator: ", ")
    }

    /// "derived, 99.8% certain". What no row knows is "–".
    static func method(_ rows: [PortsRow]) -> String {
        var methods: Set<PortMethod> = []
        var certain: UInt64 = 0
        var searches: UInt64 = 0
        for row in rows {
            guard let tried = row.tried, let method = tried.method else { continue }
            methods.insert(method)
            guard method == .derived else { continue }
            certain += row.stats.certain
            searches += row.stats.tried?.count ?? 0
        }
        if methods.isEmpty { return Units.none }
        let order: [PortMethod] = [.counted, .derived, .estimated]
        return order.filter { methods.contains($0) }.map { method in
            guard method == .derived, searches > 0 else { return method.rawValue }
            return "derived, \(Units.percent(Double(certain) / Double(searches))) certain"
        }.joined(separator: "; ")
    }
}
