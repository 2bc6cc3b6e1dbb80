// SPDX-License-Identifier: Apache-2.0

/// Settings of a namespace that findings name. `nil`: it could not be read.
public struct NetworkSettings: Sendable, Hashable {
    /// `net.ipv4.ip_local_port_range`, both ends inclusive.
    public var portRange: ClosedRange<UInt16>?
    /// `net.ipv4.ip_local_reserved_ports`, as it is written.
    public var reservedPorts: String?
    /// `net.ipv6.conf.all.disable_ipv6`
    public var ipv6Disabled: Int?
    /// `net.ipv4.tcp_tw_reuse`: 0 never, 1 always, 2 towards loopback.
    public var timeWaitReuse: Int?
    /// `net.ipv4.tcp_timestamps`
    public var timestamps: Int?
    /// `net.core.somaxconn`
    public var somaxconn: Int?
    /// `net.ipv4.tcp_max_syn_backlog`
    public var maxSynBacklog: Int?
    /// `net.ipv4.tcp_syncookies`: 0 off, 1 where the SYN queue is full, 2 always.
    public var syncookies: Int?
    /// `net.ipv4.tcp_abort_on_overflow`
    public var abortOnOverflow: Int?
    /// `net.ipv4.tcp_migrate_req`, since Linux 5.14.
    public var migrateRequests: Int?
    /// `net.ipv4.tcp_max_tw_buckets`
    public var maxTimeWait: Int?
    /// `net.ipv4.tcp_max_orphans`, of the whole machine.
    public var maxOrphans: Int?
    /// `net.ipv4.tcp_mem`, of the whole machine, in pages: below the first TCP never
    /// presses, above the second it does, and the third is the most.
    public var memory: [Int]?

    public init() {}
}
