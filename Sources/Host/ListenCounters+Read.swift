// SPDX-License-Identifier: Apache-2.0
public import Model

extension ListenCounters {
    /// Of the calling thread's namespace.
    public static func current() throws(HostError) -> ListenCounters {
        let path = "/proc/thread-self/net/netstat"
        let text = try OpenFile(path).readAllBytes(path)
        return try ListenCounters(NetworkCounters(parsing: text, only: selection), from: path)
    }

    static let selection = NetworkCounters.Selection(
        "TcpExt",
        [
            "ListenDrops", "ListenOverflows", "TCPReqQFullDrop", "TCPReqQFullDoCookies",
            "TCPTimeWaitOverflow", "TCPAbortOnMemory", "TCPMemoryPressures",
        ])

    /// Every kernel has them all (`snmp4_net_list`, net/ipv4/proc.c): where one is
    /// missing, what was read is damaged, and 0 would be a lie.
    init(_ counters: NetworkCounters, from path: String) throws(HostError) {
        let tcpExt = counters.tcpExt
        func counter(_ name: String) throws(HostError) -> UInt64 {
            guard let value = tcpExt[name] else {
                throw HostError("read \(path)", detail: "it has no counter \(name)")
            }
            return value
        }
        self.init()
        listenDrops = try counter("ListenDrops")
        listenOverflows = try counter("ListenOverflows")
        requestQueueFullDrops = try counter("TCPReqQFullDrop")
        requestQueueFullCookies = try counter("TCPReqQFullDoCookies")
        timeWaitOverflows = try counter("TCPTimeWaitOverflow")
        abortsOnMemory = try counter("TCPAbortOnMemory")
        memoryPressures = try counter("TCPMemoryPressures")
    }
}
