// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Report

@Suite struct PortsTableTests {
    static func nasty() -> PortsInterval {
        var interval = Sample.interval
        let long = IPAddress("2001:db8:1111:2222:3333:4444:5555:6666")!
        var bound = Sample.quiet
        bound.bound = 2
        bound.abandoned = 1
        bound.untimed = 4
        bound.failed = [99: 12_345_678, 101: 7, 200: 1, 0: 3]
        interval.connects[Sample.overflow] = Sample.quiet
        interval.connects[
            Sample.key(4_194_304, "日本語日本", netns: 7, source: long, to: long, port: 65535)] = bound
        interval.connects[Sample.key(5, "a\u{1B}[2J\nb", netns: 8)] = Sample.busy
        interval.connects[Sample.key(6, "", source: IPAddress(10, 0, 0, 9))] = ConnectStats()
        interval.ranges.append(Sample.range(to: long, port: 65535, netns: 7))
        interval.loss = Sample.loss
        return interval
    }

    @Test func showsAnIntervalWhole() {
        #expect(
            PortsTable().text(Sample.interval) == """
                20:05:27  interval 1s  backend fentry  ports tried: counted; derived, 99.8% certain
                                                                ─────────── SEARCH ───────────  \
                ──── TRIED ────  ──── CALL ────
                PROCESS      DESTINATION        CONN/s  FAIL/s     p50     p99     max     CPU  \
                  p50  p99  max     p50     p99  FAILURES
                nginx[1234]  127.0.0.1:9000       8412     312   799ns  1.50ms  1.50ms   21.2%  \
                    1   49   51  14.8µs  1.60ms  EADDRNOTAVAIL 310/s, ECONNREFUSED 2/s
                iperf3[77]   bind(0)                40       0  2.10µs  2.10µs  2.10µs  <0.01%  \
                    2    2    2       –       –
                curl[88]     [2001:db8::7]:443       3       0   671ns   671ns   700ns  <0.01%  \
                    1    1    1  8.70µs  8.70µs

                DESTINATION              RANGE  SIZE  RESERVED     IN USE  TIME_WAIT  REUSED/s  \
                EXPECTED TRIED
                127.0.0.1:9000     20000-20050    51         0  51 (100%)         38        17  \
                           ~51
                [2001:db8::7]:443  20000-20050    51         0  3 (5.88%)          1         0  \
                         ~1.06
                no losses

                """)
    }

    @Test func withoutProbesOnTheSearchPortsTriedAreEstimatedAndMarked() {
        let lines = PortsTable(style: TextStyle(width: 80)).lines(Sample.tracepoint)
        #expect(
            lines == [
                "20:05:27  interval 1s  backend tracepoint  ports tried: estimated",
                "                                                ─ TRIED ──",
                "PROCESS      DESTINATION        CONN/s  FAIL/s    p50  p99  FAILURES",
                "nginx[1234]  127.0.0.1:9000       8412     312    ~27  ~51  EADDRNOTAVAIL 310/s…",
                "curl[88]     [2001:db8::7]:443       3       0     ~1   ~2",
                "",
                "DESTINATION              RANGE  SIZE     IN USE  TIME_WAIT  EXPECTED TRIED",
                "127.0.0.1:9000     20000-20050    51  51 (100%)         38             ~51",
                "[2001:db8::7]:443  20000-20050    51  3 (5.88%)          1           ~1.06",
                "no losses",
            ])
    }

    @Test func aNarrowTerminalKeepsWhatMattersMost() {
        let lines = PortsTable(style: TextStyle(width: 40)).lines(Sample.interval)
        #expect(
            lines == [
                "20:05:27  interval 1s  backend fentry  …",
                "PROCESS      DESTINATION  CONN/s  FAIL/s",
                "nginx[1234]  127.0…:9000    8412     312",
                "iperf3[77]   bind(0)          40       0",
                "curl[88]     [2001:…:443       3       0",
                "",
                "DESTINATION           IN USE",
                "127.0.0.1:9000     51 (100%)",
                "[2001:db8::7]:443  3 (5.88%)",
                "no losses",
            ])
    }

    @Test(arguments: 1...200)
    func noLineExceedsTheWidth(width: Int) {
        for interval in [Sample.interval, Sample.tracepoint, Self.nasty()] {
            let style = TextStyle(width: width)
            let all =
                PortsTable(style: style).lines(interval) + PortsSummaryText(style: style).lines(interval)
                + PortsHistogram(style: style).lines(interval)
            for line in all where DisplayWidth.of(line) > width {
                Issue.record("\(DisplayWidth.of(line)) columns: \(line)")
            }
        }
    }

    @Test(arguments: 20...200)
    func everyWidthFromTwentyOnShowsWhereAndHowMuch(width: Int) {
        let table = PortsTable(style: TextStyle(width: width)).text(Self.nasty())
        #expect(table.contains("DESTINATION"))
        #expect(table.contains("CONN/s"))
        #expect(table.contains("IN USE") || width < 30)
    }

    @Test(arguments: 1...60)
    func noTableExceedsTheHeight(height: Int) {
        for interval in [Sample.interval, Self.nasty()] {
            let table = PortsTable(style: TextStyle(width: 100, height: height))
            #expect(table.lines(interval).count <= height)
        }
    }

    @Test func aLowTerminalStillShowsTheFirstRowsAndTheLosses() {
        let lines = PortsTable(style: TextStyle(width: 120, height: 12)).lines(Self.nasty())
        #expect(lines.contains { $0.contains("8412     312") })
        #expect(lines.contains { $0.hasSuffix("more rows") })
        #expect(lines.last?.hasSuffix("not attributed") == true)
    }

    @Test func textFromOutsideIsHarmless() {
        for text in [
            PortsTable().text(Self.nasty()), PortsSummaryText().text(Self.nasty()),
            PortsHistogram().text(Self.nasty()),
        ] {
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7f })
            #expect(!text.contains("\nb["))
        }
    }

    @Test func colourAddsOnlyColour() {
        let plain = PortsTable(style: TextStyle(width: 90)).lines(Self.nasty())
        let coloured = PortsTable(style: TextStyle(width: 90, colour: true)).lines(Self.nasty())
        #expect(coloured.contains { $0.contains("\u{1B}[31m312\u{1B}[0m") })
        #expect(coloured.contains { $0.hasPrefix("\u{1B}[1mPROCESS") })
        let codes = ["\u{1B}[31m", "\u{1B}[1m", "\u{1B}[0m"]
        let stripped = coloured.map { line in
            codes.reduce(line) { $0.split(separator: $1, omittingEmptySubsequences: false).joined() }
        }
        #expect(stripped == plain)
    }

    @Test func sortsByWhatIsAskedFor() {
        func first(_ sort: PortsSort, _ interval: PortsInterval = Self.nasty()) -> String {
            PortsRow.all(of: interval, by: sort).first.map { PortsText.process($0.key) } ?? ""
        }
        var interval = Sample.interval
        var slow = Sample.quiet
        slow.call = Sample.distribution([(90_000_000, 3)])
        slow.failed = [111: 5000]
        slow.tried = Sample.distribution([(40_000, 3)])
        interval.connects[Sample.key(9, "slow")] = slow
        #expect(first(.search, interval) == "nginx[1234]")
        #expect(first(.connects, interval) == "nginx[1234]")
        #expect(first(.failures, interval) == "slow[9]")
        #expect(first(.tried, interval) == "slow[9]")
        #expect(first(.latency, interval) == "slow[9]")
    }

    @Test func equalRowsKeepTheirPlaces() {
        var interval = Sample.interval
        interval.connects = [:]
        for pid: UInt32 in 1...50 { interval.connects[Sample.key(pid)] = Sample.quiet }
        let pids = PortsRow.all(of: interval, by: .search).map(\.key.pid)
        #expect(pids == Array(1...50))
    }

    @Test func saysHowManyRowsAreNotShown() {
        let lines = PortsTable(top: 1).lines(Sample.interval)
        #expect(lines.contains("2 more rows"))
        #expect(lines.contains("1 more destinations"))
    }

    @Test func nothingToShowIsSaid() {
        let empty = PortsInterval(
            duration: 1, wallTime: 0, backend: .kprobe, connects: [:], ranges: [], loss: Loss())
        #expect(
            PortsTable().lines(empty) == [
                "00:00:00  interval 1s  backend kprobe  ports tried: –", "no connects", "no losses",
            ])
    }

    @Test func lossesAreNamedOneByOne() {
        var interval = Sample.interval
        interval.loss = Sample.loss
        #expect(
            PortsTable().lines(interval).last == """
                lost: 1,200 events (ring full), 3 connects only in (others) (table full), \
                5 connects not timed (table of attempts full), 6 probe misses (inet_hash_connect 4, \
                tcp_v4_connect 2), 6 connects not attributed
                """)
    }

    @Test func socketsBoundBeforeHaveAColumnOfTheirOwn() {
        var interval = Sample.interval
        var bound = Sample.quiet
        bound.bound = 3
        bound.search = Distribution()
        bound.tried = Distribution()
        interval.connects = [Sample.key(): bound]
        interval.ranges = []
        let lines = PortsTable().lines(interval)
        #expect(lines[2].contains("BOUND/s"))
        #expect(lines[3].contains("      0        3    –       –    –   0%      –"))
    }

    @Test func whatWasNotSeenWholeIsRemarked() {
        let lines = PortsTable().lines(Self.nasty())
        #expect(lines.contains("of the connects: 1 closed before an answer, 4 counted, not timed"))
    }
}
