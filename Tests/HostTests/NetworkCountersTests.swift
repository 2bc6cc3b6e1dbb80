// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct NetworkCountersTests {
    private static let text = """
        TcpExt: SyncookiesSent ListenOverflows ListenDrops TWRecycled
        TcpExt: 1 20 300 18446744073709551615
        IpExt: InNoRoutes InOctets
        IpExt: 0 123456789012
        Tcp: RtoAlgorithm MaxConn ActiveOpens
        Tcp: 1 -1 77

        """

    @Test func putsValuesToNames() {
        let counters = NetworkCounters(parsing: Self.text)
        #expect(counters.tcpExt["ListenDrops"] == 300)
        #expect(counters.tcpExt["TWRecycled"] == .max)
        #expect(counters["IpExt", "InOctets"] == 123_456_789_012)
        #expect(counters.tcp["ActiveOpens"] == 77)
        #expect(counters["TcpExt", "InOctets"] == nil)
        #expect(counters["None", "InOctets"] == nil)
    }

    @Test func leavesOutWhatIsNoCounter() {
        #expect(NetworkCounters(parsing: Self.text)["Tcp", "MaxConn"] == nil)
    }

    @Test func takesOnlyWhatIsSelected() {
        let text = Self.text + "TcpExtra: ListenDrops\nTcpExtra: 5\n"
        let selection = NetworkCounters.Selection("TcpExt", ["ListenDrops", "TWRecycled", "InOctets"])
        let counters = NetworkCounters(parsing: Array(text.utf8), only: selection)
        #expect(counters.groups == ["TcpExt": ["ListenDrops": 300, "TWRecycled": .max]])
    }

    @Test(arguments: [
        "", "TcpExt: A B\n", "TcpExt: A B\nTcpExt: 1\n", "TcpExt: A\nTcp: 1\n",
        "TcpExt: A\nTcpExt: x\n",
        "\n \n:\n:\n",
    ])
    func takesNothingFromDamagedText(text: String) {
        #expect(NetworkCounters(parsing: text).groups.isEmpty)
    }

    @Test func readsTheKernelsOwn() throws {
        let counters = try NetworkCounters.current()
        #expect(counters.tcpExt["ListenDrops"] != nil)
        #expect(counters.tcpExt["TWRecycled"] != nil)
        #expect(counters.tcp["ActiveOpens"] != nil)
    }
}
