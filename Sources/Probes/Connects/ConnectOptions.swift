// SPDX-License-Identifier: Apache-2.0
import CPrograms
public import Model

/// What `tcpwhy ports` was asked to trace. Every filter works in the kernel.
public struct ConnectOptions: Sendable {
    /// Process (thread group) id.
    public var pid: UInt32?
    /// Name of the process, as ps shows it.
    public var command: String?
    /// Destination port.
    public var port: UInt16?
    public var destination: AddressBlock?
    /// Open descriptor of a cgroup directory; its descendants count too.
    public var cgroup: Int32?
    /// Inode of a network namespace.
    public var netns: UInt32?
    public var failedOnly = false
    /// Send an event per connect.
    public var events = false
    /// Count the checked ports even where they can be derived.
    public var countCalls = false
    /// Sum up the searches by stack, too.
    public var stacks = false
    /// Count connects to Unix stream sockets whose queue is full.
    public var fullUnixSockets = false
    /// Of the kernel's table of searches by stack.
    var stackRows: UInt32 = 16384
    /// Use this backend or fail.
    public var backend: Backend?
    /// Bytes of the events' ring buffer, a power of two.
    public var ringBytes: UInt32 = 1 << 20

    public init() {}

    /// The part of the programs' configuration that the user chose.
    var filters: why_config {
        var config = why_config()
        config.pid = pid ?? 0
        config.netns = netns ?? 0
        config.port = port ?? 0
        config.failed_only = failedOnly ? 1 : 0
        config.events = events ? 1 : 0
        config.stacks = stacks ? 1 : 0
        config.full_unix = fullUnixSockets ? 1 : 0
        config.filter_cgroup = cgroup == nil ? 0 : 1
        if let destination {
            let mask = destination.mask
            config.dest_family = UInt8(
                destination.network.family == .ipv4 ? WHY_IPV4.rawValue : WHY_IPV6.rawValue)
            withUnsafeMutableBytes(of: &config.dest) { bytes in
                for index in bytes.indices { bytes[index] = destination.network.bytes[index] }
            }
            withUnsafeMutableBytes(of: &config.dest_mask) { bytes in
                for index in bytes.indices { bytes[index] = mask[index] }
            }
        }
        if let command {
            config.filter_comm = 1
            config.comm = CommandName(command).raw
        }
        return config
    }
}
