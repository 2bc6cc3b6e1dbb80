// SPDX-License-Identifier: Apache-2.0
import CPrograms
import Model

/// What `tcpwhy profile` was asked to sample. Every filter works in the kernel.
public struct SampleOptions: Sendable {
    /// Process (thread group) id.
    public var pid: UInt32?
    /// Name of the process, as ps shows it.
    public var command: String?
    /// Open descriptor of a cgroup directory; its descendants count too.
    public var cgroup: Int32?
    /// Inode of a network namespace.
    public var netns: UInt32?
    /// Only these CPUs; `nil`: all that are online.
    public var cpus: [Int32]?
    /// Samples a second and CPU.
    public var frequency: UInt64 = 99
    /// Of the kernel's table, and places of each of its tables of stacks.
    var rows: UInt32 = 32768
    var stackPlaces = UInt32(1) << UInt32(WHY_STACK_BITS)

    public init() {}

    var filters: why_sample_config {
        var config = why_sample_config()
        config.pid = pid ?? 0
        config.netns = netns ?? 0
        config.filter_cgroup = cgroup == nil ? 0 : 1
        if let command {
            config.filter_comm = 1
            config.comm = CommandName(command).raw
        }
        return config
    }
}
