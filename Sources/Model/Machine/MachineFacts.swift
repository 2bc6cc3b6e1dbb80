// SPDX-License-Identifier: Apache-2.0

/// What the kernel says of the machine at one moment, beside what is traced.
public struct MachineFacts: Sendable {
    /// By the inode of the network namespace: those that a command can be run in.
    public var namespaces: [UInt32: NamespaceFacts] = [:]
    /// Processes that hold listening sockets, by their id.
    public var processes: [UInt32: ProcessFacts] = [:]
    /// Bytes of memory that can be had. `nil`: not known.
    public var availableMemory: UInt64?

    public init() {}

    /// Of namespaces: counters of the time between, settings as they are now. A namespace that is
    /// younger than the earlier ones began at 0; of one that is gone the counters are not known,
    /// and 0.
    public func namespaces(
        since earlier: MachineFacts
    ) -> (facts: [UInt32: NamespaceFacts], gone: Set<UInt32>) {
        var facts = earlier.namespaces.mapValues { $0.since($0) }
        for (inode, last) in namespaces { facts[inode] = earlier.namespaces[inode].map(last.since) ?? last }
        return (facts, Set(earlier.namespaces.keys).subtracting(namespaces.keys))
    }
}
