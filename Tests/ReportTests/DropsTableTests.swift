// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Report

@Suite struct DropsTableTests {
    @Test func showsWhoLosesHowMuchAndWhy() {
        #expect(
            DropsTable().text(DropsSample.interval) == """
                20:05:27  interval 1s  backend fentry
                                                   ACCEPT QUEUE  SYN QUEUE
                PROCESS      LISTENER    DROP/s      len  limit        len  CAUSES
                nginx[12]+2  0.0.0.0:80    1310       11     10          3  accept queue full at SYN \
                1290/s, accept queue full at ACK 20/s
                api[88]      *:8443           2        0    511        512  SYN cookie sent 40/s, \
                no route 2/s
                kernel: 1,312 ListenDrops, 1,310 ListenOverflows, 0 TCPReqQFullDrop, \
                40 TCPReqQFullDoCookies; attributed 1,312, not attributed 0
                the trace lost nothing

                """)
    }

    @Test func withoutCausesTheSocketsOwnCounterIsShown() {
        #expect(
            DropsTable(style: TextStyle(width: 80)).lines(DropsSample.tracepoint) == [
                "20:05:27  interval 1s  backend tracepoint  sk_drops: a drop at ACK counts ≥2",
                "                                       ACCEPT QUEUE  SYN QUEUE",
                "PROCESS      LISTENER    SK_DROPS/s      len  limit        len",
                "nginx[12]+2  0.0.0.0:80        1330       11     10          3",
                "api[88]      *:8443               2        0    511        512",
                "kernel: 1,312 ListenDrops, 1,310 ListenOverflows, 0 TCPReqQFullDrop, 40",
                "TCPReqQFullDoCookies",
                "the trace lost nothing",
            ])
    }

    @Test func aTerminalOfEightyColumnsKeepsTheCauses() {
        #expect(
            DropsTable(style: TextStyle(width: 80)).lines(DropsSample.interval) == [
                "20:05:27  interval 1s  backend fentry",
                "                                   ACCEPT QUEUE",
                "PROCESS      LISTENER    DROP/s      len  limit  CAUSES",
                "nginx[12]+2  0.0.0.0:80    1310       11     10  accept queue full at SYN 1290/…",
                "api[88]      *:8443           2        0    511  SYN cookie sent 40/s, no route…",
                "kernel: 1,312 ListenDrops, 1,310 ListenOverflows, 0 TCPReqQFullDrop, 40",
                "TCPReqQFullDoCookies; attributed 1,312, not attributed 0",
                "the trace lost nothing",
            ])
    }

    @Test func aNarrowTerminalKeepsWhereHowMuchAndWhy() {
        #expect(
            DropsTable(style: TextStyle(width: 40)).lines(DropsSample.interval) == [
                "20:05:27  interval 1s  backend fentry",
                "LISTENER    DROP/s  CAUSES",
                "0.0.0.0:80    1310  accept queue full a…",
                "*:8443           2  SYN cookie sent 40/…",
                "kernel: 1,312 ListenDrops, 1,310",
                "ListenOverflows, 0 TCPReqQFullDrop, 40",
                "TCPReqQFullDoCookies; attributed 1,312,",
                "not attributed 0",
                "the trace lost nothing",
            ])
    }

    @Test func twentyColumnsAreEnoughForWhereAndHowMuch() {
        #expect(
            DropsTable(style: TextStyle(width: 20)).lines(DropsSample.interval) == [
                "20:05:27  interval …",
                "LISTENER    DROP/s",
                "0.0.0.0:80    1310",
                "*:8443           2",
                "kernel: 1,312",
                "ListenDrops, 1,310",
                "ListenOverflows, 0",
                "TCPReqQFullDrop, 40",
                "TCPReqQFullDoCookie…",
                "attributed 1,312,",
                "not attributed 0",
                "the trace lost",
                "nothing",
            ])
    }

    @Test func nothingLostIsSaid() {
        #expect(
            DropsTable().lines(DropsSample.nothing) == [
                "20:05:27  interval 1s  backend fentry", "no listening socket lost a connection",
                "kernel: 0 ListenDrops, 0 ListenOverflows, 0 TCPReqQFullDrop, 0 TCPReqQFullDoCookies; "
                    + "attributed 0, not attributed 0", "the trace lost nothing",
            ])
    }

    @Test(arguments: [Backend.fentry, .kprobe, .tracepoint])
    func whatTheKernelAloneCountedIsNotDenied(backend: Backend) {
        var interval = DropsSample.nothing
        interval.backend = backend
        interval.counters.listenDrops = 3
        #expect(
            DropsTable().lines(interval)[1] == "no listening socket is known to have lost a connection")
    }

    @Test func lossesOfTheTraceAreNamedOneByOne() {
        var interval = DropsSample.interval
        interval.loss = Sample.loss
        #expect(
            DropsTable().lines(interval).last == """
                the trace lost: 1,200 events (ring full), 3 drops of no listener (table full), \
                5 drops without a cause (table of calls full), 6 probe misses (inet_hash_connect 4, \
                tcp_v4_connect 2), 6 drops not attributed
                """)
    }

    @Test func dropsThatNoSocketHasAreSaid() {
        var interval = DropsSample.interval
        interval.counters.listenDrops = 1325
        #expect(DropsTable().text(interval).contains("; attributed 1,312, not attributed 13\n"))
    }

    @Test func listenersAreWrittenAsBySs() {
        func text(_ address: IPAddress, dual: Bool = false) -> String {
            DropsText.listener(
                Listener(netns: 1, address: address, port: 80, inode: 1, isDualStack: dual))
        }
        #expect(text(DropsSample.any) == "0.0.0.0:80")
        #expect(text(DropsSample.any6) == "[::]:80")
        #expect(text(DropsSample.any6, dual: true) == "*:80")
        #expect(text(.ipv6Loopback, dual: true) == "[::1]:80")
    }

    @Test func aProcessIsNamedByItsLowestPidAndHowManyMore() {
        func text(_ owners: [SocketOwner], closed: Bool = false) -> String {
            var interval = DropsSample.interval
            interval.listeners[DropsSample.nginx]?.isClosed = closed
            interval.owners[700] = owners
            return DropsRow.lossy(of: interval).first.map(DropsText.process) ?? ""
        }
        let one = DropsSample.owner(12, 6)
        #expect(text([]) == "–")
        #expect(text([], closed: true) == "(closed)")
        #expect(text([one]) == "nginx[12]")
        #expect(text([one, DropsSample.owner(12, 7)]) == "nginx[12]")
        #expect(text([DropsSample.owner(15, 6), one, DropsSample.owner(13, 6)]) == "nginx[12]+2")
        #expect(text([one], closed: true) == "nginx[12] (closed)")
    }

    @Test func theMostDropsComeFirstThenTheFullestQueues() {
        var interval = DropsSample.interval
        interval.listeners = [:]
        let some = DropsSample.drops([.noRoute: 1])
        let cookies = DropsSample.drops([.synCookieSent: 9])
        let states: [(UInt16, ListenerState)] = [
            (1, DropsSample.state(cookies)), (2, DropsSample.state(some)),
            (3, DropsSample.state(some, accept: 2)), (4, DropsSample.state(some, syn: 2)),
            (5, DropsSample.state(DropsSample.drops([.noRoute: 2]))), (6, DropsSample.state(ListenDrops())),
            (7, DropsSample.state(some)),
        ]
        for (port, state) in states {
            interval.listeners[Listener(netns: 1, address: DropsSample.any, port: port, inode: 1)] = state
        }
        #expect(DropsRow.lossy(of: interval).map(\.listener.port) == [5, 3, 4, 2, 7, 1])
    }

    @Test func namespacesAreShownIfThereIsMoreThanOne() {
        var interval = DropsSample.interval
        #expect(!DropsTable().text(interval).contains("NETNS"))
        interval.listeners[Listener(netns: 7, address: DropsSample.any, port: 1, inode: 1)] = ListenerState()
        #expect(DropsTable().lines(interval)[2].contains("  NETNS  LISTENER"))
        #expect(DropsTable().lines(interval)[3].contains("  4026531840  0.0.0.0:80"))
    }

    @Test(arguments: 1...200)
    func noLineExceedsTheWidth(width: Int) {
        let style = TextStyle(width: width)
        for interval in DropsSample.all {
            let summary = DropsSummaryText(style: style, clock: WallClock(offset: 0))
            for line in DropsTable(style: style).lines(interval) + summary.lines(interval)
            where DisplayWidth.of(line) > width {
                Issue.record("\(DisplayWidth.of(line)) columns: \(line)")
            }
        }
    }

    @Test(arguments: 20...200)
    func everyWidthFromTwentyOnShowsWhereAndHowMuch(width: Int) {
        for interval in [DropsSample.interval, DropsSample.tracepoint, DropsSample.nasty] {
            let table = DropsTable(style: TextStyle(width: width)).text(interval)
            #expect(table.contains("LISTENER"))
            #expect(table.contains(interval.backend == .tracepoint ? "SK_DROPS/s" : "DROP/s"))
            #expect(table.contains("CAUSES") || interval.backend == .tracepoint || width < 36)
        }
    }

    @Test(arguments: 1...40)
    func noTableExceedsTheHeight(height: Int) {
        for interval in [DropsSample.interval, DropsSample.nasty, DropsSample.nothing] {
            let table = DropsTable(style: TextStyle(width: 100, height: height))
            #expect(table.lines(interval).count <= height)
        }
    }

    @Test func aLowTerminalStillShowsTheFirstRowAndTheLosses() {
        var interval = DropsSample.interval
        interval.loss.ring = 1
        let lines = DropsTable(style: TextStyle(width: 120, height: 8)).lines(interval)
        #expect(lines.count == 8)
        #expect(lines[3].hasPrefix("nginx[12]+2"))
        #expect(lines[4] == "1 more rows")
        #expect(lines.last == "the trace lost: 1 events (ring full)")
    }

    @Test func textFromOutsideIsHarmless() {
        for text in [
            DropsTable().text(DropsSample.nasty), DropsSummaryText().text(DropsSample.nasty),
        ] {
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7f })
            #expect(!text.contains("\nb["))
        }
    }

    @Test func dropsAndFullQueuesAreRedAndCookiesAreNot() {
        let plain = DropsTable().lines(DropsSample.interval)
        var interval = DropsSample.interval
        interval.listeners[DropsSample.api]?.drops = DropsSample.drops([.synCookieSent: 40])
        let coloured = DropsTable(style: TextStyle(colour: true)).lines(interval)
        #expect(coloured[3].contains("\u{1B}[31m1310\u{1B}[0m"))
        #expect(coloured[3].contains("\u{1B}[31m11\u{1B}[0m"))
        #expect(coloured[3].contains("\u{1B}[31maccept queue full at SYN"))
        #expect(!coloured[4].contains("\u{1B}["))
        #expect(coloured.count == plain.count)
    }

    @Test func everyCauseHasANameForPeopleAndOneForScripts() {
        #expect(Set(ListenCause.allCases.map(\.text)).count == ListenCause.allCases.count)
        #expect(Set(ListenCause.allCases.map(\.jsonName)).count == ListenCause.allCases.count)
        #expect(ListenCause.jsonOrder.count == ListenCause.allCases.count)
        #expect(Set(ListenCause.jsonOrder) == Set(ListenCause.allCases))
    }
}
