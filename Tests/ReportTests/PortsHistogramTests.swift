// SPDX-License-Identifier: Apache-2.0
import Model
import Report
import Seeded
import Testing

@Suite struct PortsHistogramTests {
    @Test func aRowPerPowerOfTwoFromTheFirstToTheLastInUse() {
        var interval = Sample.interval
        var stats = ConnectStats()
        stats.connects = 8
        stats.search = Sample.distribution([(1023, 4), (1024, 1), (5000, 2)])
        stats.tried = Sample.distribution([(0, 1), (1, 2), (3, 4)])
        stats.triedMethod = .counted
        interval.connects = [Sample.key(): stats]
        interval.ranges = []
        #expect(
            PortsHistogram(style: TextStyle(width: 50)).lines(interval) == [
                "20:05:27  interval 1s  backend fentry  ports trie…",
                "",
                "127.0.0.1:9000  search time, ns: 7 searches",
                "[512, 1K)        4 |*****************************|",
                "[1K, 2K)         1 |*******                      |",
                "[2K, 4K)         0 |                             |",
                "[4K, 8K)         2 |**************               |",
                "",
                "127.0.0.1:9000  ports tried (counted): 7 searches",
                "[0]           1 |********                        |",
                "[1, 2)        2 |****************                |",
                "[2, 4)        4 |********************************|",
                "",
                "no losses",
            ])
    }

    @Test func theLastRowHasNoEnd() {
        var interval = Sample.interval
        var stats = Sample.quiet
        stats.search = Sample.distribution([(60_000_000_000, 1)])
        interval.connects = [Sample.key(): stats]
        #expect(PortsHistogram().text(interval).contains("[8G, …)        1 |*"))
    }

    @Test func processesWithOneDestinationShareAHistogram() {
        var interval = Sample.interval
        interval.connects = [Sample.key(1): Sample.quiet, Sample.key(2): Sample.quiet]
        #expect(PortsHistogram().text(interval).contains("search time, ns: 6 searches"))
    }

    @Test func whatIsNotMeasuredHasNoHistogram() {
        let text = PortsHistogram().text(Sample.tracepoint)
        #expect(text.contains("127.0.0.1:9000  search time, ns: not measured by the tracepoint backend"))
        #expect(
            text.contains("127.0.0.1:9000  ports tried (estimated): not measured by the tracepoint backend"))
        #expect(text.contains("127.0.0.1:9000  call time, ns: "))
    }

    @Test func countsOfAllRowsAddUpToAllSearches() {
        var random = SeededGenerator(seed: 11)
        var interval = Sample.interval
        var stats = Sample.quiet
        stats.search = Distribution()
        for _ in 0..<1000 { stats.search?.record(random.spread(bits: 40)) }
        stats.tried = nil
        interval.connects = [Sample.key(): stats]
        let rows = PortsHistogram().lines(interval).filter { $0.contains("|") }
        let counts = rows.compactMap { $0.split(separator: " ").dropLast().last { UInt64($0) != nil } }
        #expect(rows.count == 35 || rows.count == 34)
        #expect(counts.compactMap { UInt64($0) }.reduce(0, +) == 1000)
    }
}
