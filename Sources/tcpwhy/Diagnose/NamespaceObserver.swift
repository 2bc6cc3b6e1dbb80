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

    /// Those that a command can be run in.
    private static func look(_ only: OpenNamespace?) -> [UInt32: NamespaceFacts] {
        var found: [UInt32: NamespaceFacts] = [:]
        func add(_ namespace: borrowing NetworkNamespace) {
            // One that is open here, but has neither a name nor a process any more, is gone.
            guard let prefix = NetworkNamespace.commandPrefix(inode: namespace.inode) else { return }
            // One that goes away meanwhile has nothing more to say.
            found[namespace.inode] = try? NamespaceFacts.current(in: namespace, commandPrefix: prefix)
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
    /// run began at 0; of one that is gone the counters are not known, and 0.
    func result() -> (facts: [UInt32: NamespaceFacts], gone: Set<UInt32>) {
        let now = Self.look(only)
        var facts = first.mapValues { $0.since($0) }
        for (inode, last) in now { facts[inode] = first[inode].map(last.since) ?? last }
        return (facts, Set(first.keys).subtracting(now.keys))
    }
}
