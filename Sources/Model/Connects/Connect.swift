// SPDX-License-Identifier: Apache-2.0

/// Whose connects are counted together: one row of `tcpwhy ports`.
public struct ConnectKey: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case connect
        /// bind() to port 0: `inet_csk_get_port` searches instead of connect.
        case bind
    }

    public var kind: Kind
    /// Process (thread group) id.
    public var pid: UInt32
    /// Name of the process's first thread.
    public var command: CommandName
    /// Inode of the network namespace.
    public var netns: UInt32
    public var family: AddressFamily
    /// The address the socket was bound to before connect, if any.
    public var source: IPAddress?
    /// `nil` for bind.
    public var destination: IPAddress?
    /// Destination port; 0 for bind.
    public var port: UInt16
    /// Of no key of its own, but what had no room among them: `others`, `rest`.
    public var isOverflow: Bool

    @inlinable public init(
        kind: Kind, pid: UInt32, command: CommandName, netns: UInt32, family: AddressFamily,
        source: IPAddress?, destination: IPAddress?, port: UInt16, isOverflow: Bool = false
    ) {
        self.kind = kind
        self.pid = pid
        self.command = command
        self.netns = netns
        self.family = family
        self.source = source
        self.destination = destination
        self.port = port
        self.isOverflow = isOverflow
    }

    /// By what tells keys apart in practice. Equality compares all; hashing all of it, names
    /// of enum cases among them, is most of what looking up a key would take.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(pid)
        hasher.combine(port)
        hasher.combine(destination)
    }
}

/// Totals of one key since the trace began, or of one interval.
public struct ConnectStats: Sendable, Hashable {
    /// Every attempt, failed ones included.
    public var connects: UInt64 = 0
    /// Failures by errno.
    public var failed: [Int32: UInt64] = [:]
    /// Closed by the owner before an answer came.
    public var abandoned: UInt64 = 0
    /// Sockets that had a port before connect: no search.
    public var bound: UInt64 = 0
    /// Searches that took over the four-tuple of a TIME_WAIT socket. `nil`: not measured.
    public var reused: UInt64? = 0
    /// Entry not seen (missed, or before the trace): counted, not timed.
    public var untimed: UInt64 = 0
    /// Return not seen: counted, outcome not known.
    public var unknown: UInt64 = 0
    /// EADDRNOTAVAIL at the end of a search: it found no port (`__inet_hash_connect`).
    public var withoutPort: UInt64 = 0
    /// EADDRNOTAVAIL though the port was bound before: another connection has the four-tuple
    /// (`__inet_check_established`).
    public var tupleTaken: UInt64 = 0
    /// Failed before any port was looked for: no route, no source address, not permitted.
    public var unsent: UInt64 = 0
    /// Port search, nanoseconds: `__inet_hash_connect` or `inet_csk_get_port`.
    /// `nil`: this backend cannot see it.
    public var search: Distribution? = Distribution()
    /// `tcp_v4_connect` / `tcp_v6_connect` from entry to return, nanoseconds (on the
    /// tracepoint backend the connect system call).
    public var call = Distribution()
    /// Ports tried per search. `nil`: not measured.
    public var tried: Distribution?
    public var triedMethod: PortMethod?
    /// Of `tried.count`, how many the kernel's own state confirms.
    public var certain: UInt64 = 0
    /// Counted mode: calls of `__inet_check_established` and its IPv6 twin, of which a
    /// port has one or (since 6.15) two.
    public var checks: UInt64 = 0

    public init() {}

    public var failures: UInt64 { failed.values.reduce(0, +) }
}
