// SPDX-License-Identifier: Apache-2.0
public import Model

extension NamespaceFacts {
    /// What the kernel says of the calling thread's namespace now.
    /// - Parameters:
    ///   - commandPrefix: how a command is made to run in it.
    ///   - counters: which were read at `time`.
    public static func current(
        commandPrefix: ShellCommand, _ counters: NetworkCounters, at time: UInt64
    ) -> NamespaceFacts {
        var facts = NamespaceFacts(
            commandPrefix: commandPrefix, counters: TCPCounters(counters), settings: .current(),
            use: .current())
        facts.time = time
        facts.qdiscs = try? Qdiscs.current()
        return facts
    }
}

extension TCPCounters {
    /// What a kernel does not count is 0: it never happens to be counted there.
    init(_ counters: NetworkCounters) {
        self.init()
        let tcp = counters.tcp
        let tcpExt = counters.tcpExt
        activeOpens = tcp["ActiveOpens"] ?? 0
        passiveOpens = tcp["PassiveOpens"] ?? 0
        attemptFails = tcp["AttemptFails"] ?? 0
        establishedResets = tcp["EstabResets"] ?? 0
        inSegments = tcp["InSegs"] ?? 0
        outSegments = tcp["OutSegs"] ?? 0
        retransmitted = tcp["RetransSegs"] ?? 0
        outResets = tcp["OutRsts"] ?? 0
        synRetransmitted = tcpExt["TCPSynRetrans"] ?? 0
        lossProbes = tcpExt["TCPLossProbes"] ?? 0
        timeouts = tcpExt["TCPTimeouts"] ?? 0
        listenDrops = tcpExt["ListenDrops"] ?? 0
        listenOverflows = tcpExt["ListenOverflows"] ?? 0
        requestQueueFullDrops = tcpExt["TCPReqQFullDrop"] ?? 0
        requestQueueFullCookies = tcpExt["TCPReqQFullDoCookies"] ?? 0
        cookiesSent = tcpExt["SyncookiesSent"] ?? 0
        cookiesReceived = tcpExt["SyncookiesRecv"] ?? 0
        cookiesFailed = tcpExt["SyncookiesFailed"] ?? 0
        timeWaitOverflows = tcpExt["TCPTimeWaitOverflow"] ?? 0
        abortsOnMemory = tcpExt["TCPAbortOnMemory"] ?? 0
        memoryPressures = tcpExt["TCPMemoryPressures"] ?? 0
        pruned = ["PruneCalled", "RcvPruned", "TCPRcvQDrop"].reduce(0) { $0 &+ (tcpExt[$1] ?? 0) }
    }
}

extension NetworkSettings {
    /// Of the calling thread's namespace.
    static func current() -> NetworkSettings {
        func integer(_ name: String) -> Int? { try? Sysctl.integer(name) }
        var settings = NetworkSettings()
        settings.portRange = try? Sysctl.localPortRange()
        settings.reservedPorts = try? Sysctl.text("net.ipv4.ip_local_reserved_ports")
        settings.ipv6Disabled = integer("net.ipv6.conf.all.disable_ipv6")
        settings.timeWaitReuse = integer("net.ipv4.tcp_tw_reuse")
        settings.timestamps = integer("net.ipv4.tcp_timestamps")
        settings.somaxconn = integer("net.core.somaxconn")
        settings.maxSynBacklog = integer("net.ipv4.tcp_max_syn_backlog")
        settings.syncookies = integer("net.ipv4.tcp_syncookies")
        settings.abortOnOverflow = integer("net.ipv4.tcp_abort_on_overflow")
        settings.migrateRequests = integer("net.ipv4.tcp_migrate_req")
        settings.maxTimeWait = integer("net.ipv4.tcp_max_tw_buckets")
        settings.maxOrphans = integer("net.ipv4.tcp_max_orphans")
        settings.memory = (try? Sysctl.text("net.ipv4.tcp_mem")).flatMap(memory(parsing:))
        return settings
    }

    /// "18345\t24461\t36690"
    static func memory(parsing text: String) -> [Int]? {
        let pages = text.split { $0 == "\t" || $0 == " " }.map { Int($0) }
        guard pages.count == 3, !pages.contains(nil) else { return nil }
        return pages.compactMap(\.self)
    }
}

extension SocketUse {
    /// Of the calling thread's namespace.
    static func current() -> SocketUse {
        let texts = ["sockstat", "sockstat6"].compactMap { try? readText("/proc/thread-self/net/\($0)") }
        return SocketUse(parsing: texts.joined())
    }

    /// - Parameter text: `/proc/net/sockstat` and `/proc/net/sockstat6`, of which these lines count:
    ///   "TCP: inuse 9 orphan 0 tw 4 alloc 12 mem 3", "UDP: inuse 2 mem 1" and "UDP6: inuse 1".
    init(parsing text: String) {
        self.init()
        for line in text.lines {
            let words = line.split(separator: " ")
            guard let protocolName = words.first else { continue }
            var rest = words.dropFirst().makeIterator()
            while let name = rest.next(), let value = rest.next() {
                switch (protocolName, name) {
                case ("TCP:", "orphan"): orphans = UInt64(value)
                case ("TCP:", "tw"): timeWait = UInt64(value)
                case ("TCP:", "mem"): memoryPages = UInt64(value)
                case ("UDP:", "inuse"): udp = UInt64(value)
                case ("UDP6:", "inuse"): udp6 = UInt64(value)
                default: break
                }
            }
        }
    }
}
