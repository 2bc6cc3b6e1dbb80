// SPDX-License-Identifier: Apache-2.0

/// Why a listening socket lost a connection, or sent a SYN cookie. In the order of
/// the programs' counters (`enum why_cause`).
public enum ListenCause: Int, Sendable, Hashable, CaseIterable {
    /// `tcp_conn_request`: a SYN came while the accept queue was full.
    case acceptQueueFullAtSYN
    /// `tcp_check_req`: the handshake's last ACK came while the accept queue was full.
    /// The client believes it is connected; the server sends its SYN-ACK again.
    case acceptQueueFullAtACK
    /// The same with `net.ipv4.tcp_abort_on_overflow`: the client gets a reset.
    case acceptQueueFullReset
    /// `tcp_conn_request`: a SYN came while the SYN queue was full and cookies are off.
    case synQueueFull
    /// `tcp_conn_request`: the SYN queue was full, so the answer was a SYN cookie. No drop.
    case synCookieSent
    /// `tcp_get_cookie_sock`: a good cookie came back while the accept queue was full.
    case cookieAcceptQueueFull
    /// `tcp_conn_request`: cookies are off, and the last quarter of
    /// `net.ipv4.tcp_max_syn_backlog` is kept for peers that are known.
    case lastQuarter
    /// `inet_reqsk_alloc` had no memory (before Linux 5.11 or a security module refused).
    case noMemory
    /// No route back to the client, or a security module refused.
    case noRoute
    /// TCP_DEFER_ACCEPT: an ACK without data was ignored on purpose. No drop.
    case deferredAccept
    /// `tcp_req_err`: an ICMP error ended a request.
    case icmpError
    /// What the kernel counted as dropped without any of these.
    case other

    /// Whether the kernel counts it among the listening socket's drops.
    public var isDrop: Bool { self != .synCookieSent && self != .deferredAccept }
}

/// What listening sockets lost: of one, or of a namespace.
public struct ListenDrops: Sendable, Hashable {
    private var counts = [UInt64](repeating: 0, count: ListenCause.allCases.count)
    /// TcpExt ListenDrops that belong to this.
    public var listenDrops: UInt64 = 0
    /// TcpExt ListenOverflows that belong to this.
    public var listenOverflows: UInt64 = 0
    /// TcpExt TCPReqQFullDrop that belong to this.
    public var requestQueueFullDrops: UInt64 = 0
    /// TcpExt TCPReqQFullDoCookies that belong to this.
    public var requestQueueFullCookies: UInt64 = 0

    public init() {}

    public subscript(cause: ListenCause) -> UInt64 {
        get { counts[cause.rawValue] }
        set { counts[cause.rawValue] = newValue }
    }

    public var isEmpty: Bool { self == ListenDrops() }

    /// Adding is the same in any order.
    public mutating func merge(_ other: ListenDrops) {
        combine(other, &+)
    }

    /// Takes away an earlier reading of the same totals.
    public mutating func subtract(_ earlier: ListenDrops) {
        combine(earlier) { $0.minus($1) }
    }

    private mutating func combine(_ other: ListenDrops, _ operation: (UInt64, UInt64) -> UInt64) {
        for index in counts.indices { counts[index] = operation(counts[index], other.counts[index]) }
        listenDrops = operation(listenDrops, other.listenDrops)
        listenOverflows = operation(listenOverflows, other.listenOverflows)
        requestQueueFullDrops = operation(requestQueueFullDrops, other.requestQueueFullDrops)
        requestQueueFullCookies = operation(requestQueueFullCookies, other.requestQueueFullCookies)
    }
}

extension ListenCause {
    /// For scripts: a contract.
    public var jsonName: String {
        switch self {
        case .acceptQueueFullAtSYN: "accept_queue_full_syn"
        case .acceptQueueFullAtACK: "accept_queue_full_ack"
        case .acceptQueueFullReset: "accept_queue_full_reset"
        case .synQueueFull: "syn_queue_full"
        case .synCookieSent: "syn_cookie_sent"
        case .cookieAcceptQueueFull: "cookie_accept_queue_full"
        case .lastQuarter: "last_quarter"
        case .noMemory: "no_memory"
        case .noRoute: "no_route"
        case .deferredAccept: "deferred_accept"
        case .icmpError: "icmp_error"
        case .other: "other"
        }
    }
}
