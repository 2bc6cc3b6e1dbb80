// SPDX-License-Identifier: Apache-2.0
import Host
import Model

/// The kernel's counters and settings of every network namespace, over one run.
struct NamespaceObserver {
    /// The only namespace to look at; `nil`: all there are.
    private let only: OpenNamespace?
    private let first: [UInt32: NamespaceFacts]

    init(only: OpenNamespace?) {
        self.only = only
        first = Self.look(only)
    }

    private static func look(_ only: OpenNamespace?) -> [UInt32: NamespaceFacts] {
        var found: [UInt32: NamespaceFacts] = [:]
        func add(_ namespace: borrowing NetworkNamespace) {
            let inode = namespace.inode
            let prefix = NetworkNamespace.commandPrefix(inode: inode) ?? ""
            // One that goes away meanwhile has nothing more to say.
            found[inode] = try? NamespaceFacts.current(in: namespace, commandPrefix: prefix)
        }
        if let only {
            add(only.value)
        } else {
            for place in NetworkNamespace.all() {
                if let namespace = try? place.open() { add(namespace) }
            }
        }
        return found
    }

    /// Counters of the run, settings as they are now. A namespace that is younger than the
    /// run began at 0; one that is gone is left out.
    func result() -> [UInt32: NamespaceFacts] {
        Self.look(only).reduce(into: [:]) { facts, now in
            facts[now.key] = first[now.key].map { now.value.since($0) } ?? now.value
        }
    }
}
