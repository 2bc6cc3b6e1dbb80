// SPDX-License-Identifier: Apache-2.0

/// The kernel's own counters of TCP in a namespace (`/proc/net/snmp`, `/proc/net/netstat`).
public struct TCPCounters: Sendable, Hashable {
    /// Tcp ActiveOpens: connects that sent a SYN.
    public var activeOpens: UInt64 = 0
    /// Tcp PassiveOpens: connections that a listening socket got.
    public var passiveOpens: UInt64 = 0
    /// Tcp AttemptFails: connections that failed in the handshake.
    public var attemptFails: UInt64 = 0
    /// Tcp EstabResets: connections that ended by a reset.
    public var establishedResets: UInt64 = 0
    public var inSegments: UInt64 = 0
    public var outSegments: UInt64 = 0
    /// Tcp RetransSegs; SYNs and SYN-ACKs count.
    public var retransmitted: UInt64 = 0
    /// Tcp OutRsts.
    public var outResets: UInt64 = 0
    /// TcpExt TCPSynRetrans: SYNs and SYN-ACKs sent again.
    public var synRetransmitted: UInt64 = 0
    /// TcpExt TCPLossProbes: the last segment sent again before a timeout, to provoke an
    /// acknowledgement: mostly one that was late only (`tcp_send_loss_probe`).
    public var lossProbes: UInt64 = 0
    /// TcpExt TCPTimeouts.
    public var timeouts: UInt64 = 0
    /// TcpExt ListenDrops: connections that listening sockets lost, whatever for.
    public var listenDrops: UInt64 = 0
    /// TcpExt ListenOverflows: of these, those that found an accept queue full.
    public var listenOverflows: UInt64 = 0
    /// TcpExt TCPReqQFullDrop: SYNs dropped, since a SYN queue was full and cookies are off.
    public var requestQueueFullDrops: UInt64 = 0
    /// TcpExt TCPReqQFullDoCookies: SYNs answered with a cookie for the same reason.
    public var requestQueueFullCookies: UInt64 = 0
    public var cookiesSent: UInt64 = 0
    public var cookiesReceived: UInt64 = 0
    public var cookiesFailed: UInt64 = 0
    /// TcpExt TCPTimeWaitOverflow: closed without TIME_WAIT (`net.ipv4.tcp_max_tw_buckets`).
    public var timeWaitOverflows: UInt64 = 0
    /// TcpExt TCPAbortOnMemory: reset for too many orphans or too little memory.
    public var abortsOnMemory: UInt64 = 0
    /// TcpExt TCPMemoryPressures: how often TCP came under memory pressure.
    public var memoryPressures: UInt64 = 0
    /// TcpExt PruneCalled, RcvPruned and TCPRcvQDrop: data that found no room.
    public var pruned: UInt64 = 0

    public init() {}

    public mutating func subtract(_ earlier: TCPCounters) {
        for field in Self.fields {
            self[keyPath: field] = self[keyPath: field].minus(earlier[keyPath: field])
        }
    }

    /// Computed: key paths cannot be shared between threads.
    private static var fields: [WritableKeyPath<TCPCounters, UInt64>] {
        [
            \.activeOpens, \.passiveOpens, \.attemptFails, \.establishedResets, \.inSegments,
            \.outSegments, \.retransmitted, \.outResets, \.synRetransmitted, \.lossProbes, \.timeouts,
            \.listenDrops, \.listenOverflows, \.requestQueueFullDrops, \.requestQueueFullCookies,
            \.cookiesSent, \.cookiesReceived,
            \.cookiesFailed, \.timeWaitOverflows, \.abortsOnMemory,
            \.memoryPressures, \.pruned,
        ]
    }
}
