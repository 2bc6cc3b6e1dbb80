// SPDX-License-Identifier: Apache-2.0

/// Connects to a Unix stream socket that failed with EAGAIN: its queue was full, and the caller
/// did not want to wait.
public struct UnixConnect: Sendable, Hashable {
    public var pid: UInt32
    /// Name of the process's first thread.
    public var command: String
    /// Inode of the process's network namespace.
    public var netns: UInt32
    /// As the caller gave it; an abstract name begins with "@".
    public var path: String

    public init(pid: UInt32, command: String, netns: UInt32, path: String) {
        self.pid = pid
        self.command = command
        self.netns = netns
        self.path = path
    }
}

extension UnixConnect: LedgerKey {
    /// By whatever process of that name.
    public var ended: UnixConnect { UnixConnect(pid: 0, command: command, netns: netns, path: path) }

    public static let rest = UnixConnect(pid: 0, command: "", netns: 0, path: "")
}

/// A Unix stream socket that listens.
public struct UnixListener: Sendable, Hashable {
    /// An abstract name begins with "@".
    public var path: String
    public var inode: UInt32
    /// Connections that wait for accept.
    public var waiting: UInt32
    /// What listen() was given, or `net.core.somaxconn` if that was less. One more fits.
    public var backlog: UInt32

    public init(path: String, inode: UInt32, waiting: UInt32, backlog: UInt32) {
        self.path = path
        self.inode = inode
        self.waiting = waiting
        self.backlog = backlog
    }
}
