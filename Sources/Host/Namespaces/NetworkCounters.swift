// SPDX-License-Identifier: Apache-2.0
import Model

/// The kernel's own counters of a network namespace: TcpExt, Tcp, Ip and the others.
public struct NetworkCounters: Sendable, Hashable {
    /// By group, then by name: `groups["TcpExt"]?["ListenDrops"]`.
    public private(set) var groups: [String: [String: UInt64]] = [:]

    /// Of the calling thread's namespace.
    public static func current() throws(HostError) -> NetworkCounters {
        var counters = NetworkCounters()
        for path in [netstat, "/proc/thread-self/net/snmp"] {
            counters.add(try OpenFile(path).readAllBytes(path))
        }
        return counters
    }

    /// Of the calling thread's namespace, and of TcpExt only those that are looked at again and
    /// again: `ListenCounters`' and TWRecycled.
    public static func atEachLook() throws(HostError) -> NetworkCounters {
        NetworkCounters(parsing: try OpenFile(netstat).readAllBytes(netstat), only: selection)
    }

    public static let netstat = "/proc/thread-self/net/netstat"
    private static let selection = Selection("TcpExt", ListenCounters.names + ["TWRecycled"])

    public init() {}

    /// - Parameter text: `/proc/net/netstat` or `/proc/net/snmp`.
    public init(parsing text: String) {
        add(Array(text.utf8))
    }

    /// Some counters of one group.
    struct Selection: Sendable {
        /// As a line begins.
        let group: [UInt8]
        let names: [[UInt8]]

        init(_ group: String, _ names: [String]) {
            self.group = Array("\(group): ".utf8)
            self.names = names.map { Array($0.utf8) }
        }

        func includes(_ name: ArraySlice<UInt8>) -> Bool {
            names.contains { $0.count == name.count && name.elementsEqual($0) }
        }
    }

    /// - Parameters:
    ///   - text: `/proc/net/netstat` or `/proc/net/snmp`.
    ///   - selection: nothing else is taken: at every look all of them, by name, take longer than
    ///     all else in it.
    init(parsing text: [UInt8], only selection: Selection) {
        add(text, only: selection)
    }

    public subscript(group: String, name: String) -> UInt64? { groups[group]?[name] }

    /// TcpExt is most of what matters here.
    public var tcpExt: [String: UInt64] { groups["TcpExt"] ?? [:] }
    public var tcp: [String: UInt64] { groups["Tcp"] ?? [:] }

    /// A line of names, then a line of values, both after the group's name. A
    /// negative value (`Tcp: MaxConn -1`) is a setting, no counter.
    private mutating func add(_ text: [UInt8], only selection: Selection? = nil) {
        // By bytes: Characters take longer than all else.
        var names: [ArraySlice<UInt8>] = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            // Values stand right under their names.
            if let selection, !line.drop(while: { $0 == 0x20 }).starts(with: selection.group) {
                names = []
                continue
            }
            let words = line.split(separator: UInt8(ascii: " "))
            guard let group = words.first else {
                names = []
                continue
            }
            if names.first == group, names.count == words.count {
                var counters: [String: UInt64] = [:]
                for (name, value) in zip(names, words).dropFirst() where selection?.includes(name) ?? true {
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
