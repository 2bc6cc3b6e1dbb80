// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Host

@Suite struct ListenCountersTests {
    @Test func takesItsFourOfTcpExt() throws {
        let counters = NetworkCounters(
            parsing: """
                TcpExt: ListenOverflows ListenDrops TCPBacklogDrop TCPReqQFullDoCookies TCPReqQFullDrop \
                TCPTimeWaitOverflow TCPAbortOnMemory TCPMemoryPressures
                TcpExt: 20 300 5 4000 50000 6 7 8
                IpExt: ListenDrops
                IpExt: 7

                """)
        let listen = try ListenCounters(counters, from: "here")
        #expect(listen.listenOverflows == 20)
        #expect(listen.listenDrops == 300)
        #expect(listen.requestQueueFullCookies == 4000)
        #expect(listen.requestQueueFullDrops == 50000)
        #expect(listen.timeWaitOverflows == 6)
        #expect(listen.abortsOnMemory == 7)
        #expect(listen.memoryPressures == 8)
    }

    @Test func saysWhichIsMissing() {
        let counters = NetworkCounters(
            parsing: "TcpExt: ListenOverflows ListenDrops TCPReqQFullDoCookies\nTcpExt: 1 2 3\n")
        #expect(throws: HostError("read here", detail: "it has no counter TCPReqQFullDrop")) {
            _ = try ListenCounters(counters, from: "here")
        }
    }

    @Test func readsTheKernelsOwn() throws {
        let before = try ListenCounters(.atEachLook())
        let tcpExt = try NetworkCounters.current().tcpExt
        let after = try ListenCounters(.atEachLook())
        // They only grow.
        #expect((before.listenDrops...after.listenDrops).contains(try #require(tcpExt["ListenDrops"])))
        #expect(before.listenOverflows <= after.listenOverflows)
    }
}
