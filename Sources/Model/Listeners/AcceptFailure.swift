// SPDX-License-Identifier: Apache-2.0

/// Calls of accept() that failed: whose, and why. That nothing waits (EAGAIN), and that a signal
/// or the client ended it (EINTR, ECONNABORTED), are no failures.
public struct AcceptFailure: Sendable, Hashable {
    public var pid: UInt32
    /// Name of the process's first thread.
    public var command: String
    /// Inode of the process's network namespace.
    public var netns: UInt32
    /// Positive.
    public var error: Int32

    public init(pid: UInt32, command: String, netns: UInt32, error: Int32) {
        self.pid = pid
        self.command = command
        self.netns = netns
        self.error = error
    }
}

extension AcceptFailure: LedgerKey {
    /// Of whatever process of that name.
    public var ended: AcceptFailure { AcceptFailure(pid: 0, command: command, netns: netns, error: error) }

    public static let rest = AcceptFailure(pid: 0, command: "", netns: 0, error: 0)
}
