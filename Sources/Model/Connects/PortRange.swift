// SPDX-License-Identifier: Apache-2.0

/// A destination as seen from one network namespace.
public struct Destination: Sendable, Hashable {
    public var netns: UInt32
    public var address: IPAddress
    public var port: UInt16

    public init(netns: UInt32, address: IPAddress, port: UInt16) {
        self.netns = netns
        self.address = address
        self.port = port
    }
}

/// The ephemeral ports a connect to one destination can choose from, and how many are held.
public struct PortRange: Sendable, Hashable {
    public var destination: Destination
    /// `net.ipv4.ip_local_port_range`, both ends inclusive.
    public var low: UInt16
    public var high: UInt16
    /// Ports of the range named by `net.ipv4.ip_local_reserved_ports`.
    public var reserved: UInt32
    /// Ports of the range held towards the destination by any socket, TIME_WAIT included.
    public var inUse: UInt32
    /// Of those, by TIME_WAIT sockets.
    public var timeWait: UInt32
    /// Ports of the range beyond these that sockets hold by bind(), to listen or towards
    /// other destinations: no connect chooses them (`__inet_hash_connect`). Those of sockets
    /// that are neither connected nor listen are not seen.
    public var bound: UInt32
    /// Whether a connect may take over a TIME_WAIT socket's port now
    /// (`net.ipv4.tcp_tw_reuse`: 1, or 2 towards loopback).
    public var reusesTimeWait: Bool
    /// TIME_WAIT sockets of the namespace that a connect took over in the
    /// interval (TcpExt TWRecycled). `nil`: not readable.
    public var recycled: UInt64?
    /// Seconds since it was looked at: a moment, unless looks have no budget left.
    public var age = 0.0
    /// The part of it that a search tries first: every second port, from `low` on.
    /// `nil`: a search takes every port in turn.
    public var firstHalf: Half?

    /// What there is of `reserved`, `inUse`, `timeWait` and `bound` in a half of the range.
    public struct Half: Sendable, Hashable {
        public var reserved: UInt32
        public var inUse: UInt32
        public var timeWait: UInt32
        public var bound: UInt32

        public init(reserved: UInt32, inUse: UInt32, timeWait: UInt32, bound: UInt32 = 0) {
            self.reserved = reserved
            self.inUse = inUse
            self.timeWait = timeWait
            self.bound = bound
        }
    }

    public init(
        destination: Destination, low: UInt16, high: UInt16, reserved: UInt32, inUse: UInt32,
        timeWait: UInt32, bound: UInt32 = 0, reusesTimeWait: Bool, recycled: UInt64?, firstHalf: Half? = nil
    ) {
        self.destination = destination
        self.low = low
        self.high = high
        self.reserved = reserved
        self.inUse = inUse
        self.timeWait = timeWait
        self.bound = bound
        self.reusesTimeWait = reusesTimeWait
        self.recycled = recycled
        self.firstHalf = firstHalf
    }
}
