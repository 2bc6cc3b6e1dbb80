// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Host

@Suite struct ConntrackStatisticsTests {
    /// Two blanks stand where the kernel has them.
    private static let text = """
        entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop \
        icmp_error  expect_new expect_create expect_delete search_restart
        000000ff  0000000a 00000000 00000000 00000001 00000000 00000000 00000002 00000000 00000010 00000004 \
        0000000b 00000000  00000000 00000000 00000000 00000003
        000000ff  00000001 00000000 00000000 00000001 00000000 00000000 00000000 00000000 00000020 ffffffff \
        00000001 00000000  00000000 00000000 00000000 00000004

        """

    @Test func sumsTheCPUsHexadecimalValues() throws {
        let statistics = try #require(ConntrackStatistics(parsing: Self.text))
        #expect(statistics.insertFailed == 0x30)
        #expect(statistics.drop == 0x1_0000_0003)
        #expect(statistics.earlyDrop == 12)
        #expect(statistics["clashres"] == 11)
        #expect(statistics["search_restart"] == 7)
        #expect(statistics["no_such_name"] == nil)
    }

    @Test func countsTheEntriesOnce() throws {
        let statistics = try #require(ConntrackStatistics(parsing: Self.text))
        #expect(statistics.entries == 255)
        #expect(statistics["entries"] == nil)
    }

    @Test func goesByNamesWhereverTheyStand() throws {
        let old = """
            entries  searched found delete_list drop insert insert_failed
            00000001  00000002 00000003 00000004 00000005 00000006 00000007
            """
        let statistics = try #require(ConntrackStatistics(parsing: old))
        #expect(statistics.drop == 5)
        #expect(statistics.insertFailed == 7)
        #expect(statistics["searched"] == 2)
    }

    @Test func knowsNothingOfWhatTheKernelDoesNotCount() throws {
        let statistics = try #require(ConntrackStatistics(parsing: "entries drop\n00000001 00000002\n"))
        #expect(statistics.drop == 2)
        #expect(statistics.earlyDrop == nil)
        #expect(statistics.insertFailed == nil)
    }

    @Test(arguments: [
        "", "\n", "entries drop\n", "drop entries\n1 2\n", "entries drop\n1\n", "entries drop\n1 2 3\n",
        "entries drop\n1 x\n", "entries drop\n1 100000000\n", "entries drop\n1 2\n1\n",
    ])
    func refusesDamagedText(text: String) {
        #expect(ConntrackStatistics(parsing: text) == nil)
    }
}

@Suite struct ConntrackTableTests {
    private static let isLoaded = access("/proc/sys/net/netfilter/nf_conntrack_count", F_OK) == 0

    @Test(.enabled(if: isLoaded, "needs nf_conntrack loaded"))
    func readsTheKernelsOwn() throws {
        let table = try #require(try ConntrackTable.current())
        #expect(table.count >= 0)
        #expect(table.maximum.map { $0 > 0 } ?? true)
        if access("/proc/net/stat/nf_conntrack", F_OK) == 0 {
            let statistics = try #require(table.statistics)
            #expect(statistics.drop != nil && statistics.earlyDrop != nil && statistics.insertFailed != nil)
        }
    }

    @Test(.enabled(if: !isLoaded, "needs nf_conntrack not loaded"))
    func knowsThatThereIsNone() throws {
        #expect(try ConntrackTable.current() == nil)
    }
}
