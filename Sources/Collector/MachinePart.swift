// SPDX-License-Identifier: Apache-2.0
import Host
import Model

/// What the kernel says of itself, its namespaces, and processes that hold listening sockets.
struct MachinePart {
    private(set) var last = MachineFacts()

    mutating func read(_ looks: NamespaceLooks, _ drops: DropsSnapshot?) {
        last.namespaces = looks.found.compactMapValues(\.facts)
        let owners = drops?.owners.values.map { $0 } ?? []
        let pids = Set(owners.joined().map(\.pid))
        last.processes = pids.reduce(into: [:]) { $0[$1] = ProcessFacts(pid: $1) }
        last.availableMemory = Memory.available()
    }
}
