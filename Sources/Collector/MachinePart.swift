// SPDX-License-Identifier: Apache-2.0
import Host
import Model

/// What the kernel says of itself, its namespaces, and processes that hold listening sockets or
/// connect.
struct MachinePart {
    private(set) var last = MachineFacts()

    /// Of those that connect, how many are looked at: the ones that do so most often.
    static let mostCallers = 64

    mutating func read(_ looks: NamespaceLooks, _ drops: DropsSnapshot?, _ ports: PortsSnapshot?) {
        last.namespaces = looks.found.compactMapValues(\.facts)
        let owners = drops?.owners.values.map { $0 } ?? []
        let pids = Set(owners.joined().map(\.pid)).union(Self.callers(ports?.totals.connects ?? [:]))
        last.processes = pids.reduce(into: [:]) { $0[$1] = ProcessFacts(pid: $1) }
        last.availableMemory = Memory.available()
    }

    static func callers(_ connects: [ConnectKey: ConnectStats]) -> [UInt32] {
        let calls = connects.reduce(into: [UInt32: UInt64]()) { calls, row in
            if !row.key.isOverflow { calls[row.key.pid, default: 0] &+= row.value.connects }
        }
        let most = calls.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        return most.prefix(mostCallers).map(\.key)
    }
}
