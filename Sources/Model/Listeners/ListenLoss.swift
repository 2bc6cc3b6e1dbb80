// SPDX-License-Identifier: Apache-2.0

/// One connection that a listening socket lost, or answered with a SYN cookie.
public struct ListenLoss: Sendable, Hashable {
    /// Nanoseconds of CLOCK_MONOTONIC.
    public var time: UInt64
    public var cause: ListenCause
    /// Inode of the network namespace.
    public var netns: UInt32
    /// Inode of the socket; 0: its owner had closed it.
    public var inode: UInt32
    /// Where the client wanted to go; `nil`: the packet is not known (ICMP).
    public var local: IPAddress?
    public var localPort: UInt16
    /// The client.
    public var remote: IPAddress?
    public var remotePort: UInt16
    /// The socket's queues at that moment, and the accept queue's limit.
    public var acceptQueue: UInt32
    public var backlog: UInt32
    public var synQueue: UInt32

    public init(
        time: UInt64, cause: ListenCause, netns: UInt32, inode: UInt32, local: IPAddress?,
        localPort: UInt16, remote: IPAddress?, remotePort: UInt16, acceptQueue: UInt32, backlog: UInt32,
        synQueue: UInt32
    ) {
        self.time = time
        self.cause = cause
        self.netns = netns
        self.inode = inode
        self.local = local
        self.localPort = localPort
        self.remote = remote
        self.remotePort = remotePort
        self.acceptQueue = acceptQueue
        self.backlog = backlog
        self.synQueue = synQueue
    }
}
