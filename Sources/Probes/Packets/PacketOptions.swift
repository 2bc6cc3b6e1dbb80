// SPDX-License-Identifier: Apache-2.0

/// Which dropped packets to count, and how.
public struct PacketOptions: Sendable {
    /// Inode of the only network namespace; `nil`: all.
    public var netns: UInt32?
    /// The only reasons, by number; empty: all.
    public var reasons: Set<UInt32> = []
    /// Only packets whose socket was made in this cgroup or below it, by the `id`.
    public var cgroup: UInt64?
    /// Keep the kernel's stacks.
    public var stacks = false

    public init() {}
}
