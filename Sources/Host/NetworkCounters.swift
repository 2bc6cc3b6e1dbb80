// SPDX-License-Identifier: Apache-2.0

/// The kernel's own counters of a network namespace: TcpExt, Tcp, Ip and the others.
public struct NetworkCounters: Sendable, Hashable {
    /// By group, then by name: `groups["TcpExt"]?["ListenDrops"]`.
    public private(set) var groups: [String: [String: UInt64]] = [:]

    /// Of the calling thread's namespace.
    public static func current() throws(HostError) -> NetworkCounters {
        var counters = NetworkCounters()
        counters.add(try readText("/proc/thread-self/net/netstat"))
        counters.add(try readText("/proc/thread-self/net/snmp"))
        return counters
    }

    public init() {}

    /// - Parameter text: `/proc/net/netstat` or `/proc/net/snmp`.
    public init(parsing text: String) {
        add(text)
    }

    public subscript(group: String, name: String) -> UInt64? { groups[group]?[name] }

    /// TcpExt is most of what matters here.
    public var tcpExt: [String: UInt64] { groups["TcpExt"] ?? [:] }
    public var tcp: [String: UInt64] { groups["Tcp"] ?? [:] }

    /// A line of names, then a line of values, both after the group's name. A
    /// negative value (`Tcp: MaxConn -1`) is a setting, no counter.
    private mutating func add(_ text: String) {
        // By bytes: this is read at every look, and Characters take longer than all else in it.
        var names: [ArraySlice<UInt8>] = []
        for line in Array(text.utf8).split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            guard let group = words.first else { continue }
            if names.first == group, names.count == words.count {
                var counters: [String: UInt64] = [:]
                for (name, value) in zip(names, words).dropFirst() {
                    guard let value = UInt64(String(decoding: value, as: UTF8.self)) else { continue }
                    counters[String(decoding: name, as: UTF8.self)] = value
                }
                if !counters.isEmpty {
                    groups[String(decoding: group.dropLast(), as: UTF8.self), default: [:]]
                        .merge(counters) { $1 }
                }
                names = []
            } else {
                names = words
            }
        }
    }
}
