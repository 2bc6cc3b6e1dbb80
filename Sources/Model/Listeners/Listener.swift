// SPDX-License-Identifier: Apache-2.0

/// One listening TCP socket: one row of `tcpwhy drops`. Members of a SO_REUSEPORT
/// group are sockets of their own.
public struct Listener: Sendable, Hashable {
    /// Inode of the network namespace.
    public var netns: UInt32
    public var address: IPAddress
    public var port: UInt16
    /// Inode of the socket, by which `/proc/PID/fd` names its owners; 0: it had none
    /// any more when it was seen.
    public var inode: UInt32
    /// An IPv6 socket that takes IPv4 connections, too (IPV6_V6ONLY is off).
    public var isDualStack: Bool
    public var isReusePort: Bool
    /// The cgroup (version 2) it was made in, by its directory's inode; `nil`: not known.
    public var cgroup: UInt64?
    /// Whether that is the cgroup that is filtered by, or one below it; without a filter it is.
    public var isInCgroup: Bool

    public init(
        netns: UInt32, address: IPAddress, port: UInt16, inode: UInt32, isDualStack: Bool = false,
        isReusePort: Bool = false, cgroup: UInt64? = nil, isInCgroup: Bool = true
    ) {
        self.netns = netns
        self.address = address
        self.port = port
        self.inode = inode
        self.isDualStack = isDualStack
        self.isReusePort = isReusePort
        self.cgroup = cgroup
        self.isInCgroup = isInCgroup
    }
}

extension Listener: LedgerKey {
    /// Whatever socket it was: those that listened at one address.
    public var ended: Listener {
        Listener(
            netns: netns, address: address, port: port, inode: 0, isDualStack: isDualStack,
            isInCgroup: isInCgroup)
    }

    public static let rest = Listener(netns: 0, address: IPAddress(0, 0, 0, 0), port: 0, inode: 0)
}

/// A process that holds a socket, and by which descriptor.
public struct SocketOwner: Sendable, Hashable {
    public var pid: UInt32
    /// Name of the process's first thread.
    public var command: String
    public var descriptor: UInt32

    public init(pid: UInt32, command: String, descriptor: UInt32) {
        self.pid = pid
        self.command = command
        self.descriptor = descriptor
    }
}

/// The queues of a listening socket at one moment.
public struct ListenQueues: Sendable, Hashable {
    /// Connections that wait for accept (`sk_ack_backlog`).
    public var acceptQueue: UInt32
    /// What listen() was given, or `net.core.somaxconn` if that was less then
    /// (`sk_max_ack_backlog`). One connection more than this fits.
    public var backlog: UInt32
    /// `net.core.somaxconn` of the socket's namespace; `nil`: it could not be read.
    public var somaxconn: UInt32?
    /// Requests that wait for the handshake's last ACK (`icsk_accept_queue.qlen`).
    public var synQueue: UInt32
    /// Of these, how many have not had their SYN-ACK sent again (`young`).
    public var young: UInt32
    /// Seconds since they were read: a moment, unless looks have no budget left.
    public var age = 0.0

    /// Whether a larger backlog alone would change nothing. The kernel does not keep what
    /// listen() was given, so this is also true if that happens to be just as large.
    public var isLimitedBySomaxconn: Bool? { somaxconn.map { backlog >= $0 } }

    public init(
        acceptQueue: UInt32, backlog: UInt32, somaxconn: UInt32? = nil, synQueue: UInt32, young: UInt32
    ) {
        self.acceptQueue = acceptQueue
        self.backlog = backlog
        self.somaxconn = somaxconn
        self.synQueue = synQueue
        self.young = young
    }
}
