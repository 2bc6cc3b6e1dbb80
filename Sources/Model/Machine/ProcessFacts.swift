// SPDX-License-Identifier: Apache-2.0

/// A process that a finding names.
public struct ProcessFacts: Sendable, Hashable {
    public var pid: UInt32
    /// Name of the process's first thread.
    public var command: String
    /// The parent's process id; 0: not known.
    public var parent: UInt32
    /// Memory in use that is its own (`RssAnon`), bytes. `nil`: not known.
    public var ownMemory: UInt64?
    /// The last part of its cgroup's path ("nginx.service", a container's id); empty: the root.
    public var unit: String

    public init(pid: UInt32, command: String, parent: UInt32, ownMemory: UInt64?, unit: String) {
        self.pid = pid
        self.command = command
        self.parent = parent
        self.ownMemory = ownMemory
        self.unit = unit
    }
}
