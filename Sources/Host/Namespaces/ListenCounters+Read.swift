// SPDX-License-Identifier: Apache-2.0
public import Model

extension ListenCounters {
    static let names = [
        "ListenDrops", "ListenOverflows", "TCPReqQFullDrop", "TCPReqQFullDoCookies",
        "TCPTimeWaitOverflow", "TCPAbortOnMemory", "TCPMemoryPressures",
    ]

    /// Every kernel has them all (`snmp4_net_list`, net/ipv4/proc.c): where one is
    /// missing, what was read is damaged, and 0 would be a lie.
    public init(
        _ counters: NetworkCounters, from path: String = NetworkCounters.netstat
    ) throws(HostError) {
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
