// SPDX-License-Identifier: Apache-2.0
import Model
import Report
import Testing

@Suite struct DropsSummaryTests {
    @Test func totalsOfTheRunAreWholeNumbers() {
        var run = DropsSample.interval
        run.duration = 12.5
        let clock = WallClock(offset: 1_795_464_000_000_000_000, utcOffset: 3600)
        #expect(
            DropsSummaryText(clock: clock).text(run) == """
                total of 12.5s  backend fentry
                                                  ACCEPT QUEUE  SYN QUEUE  ────── LOSS ──────
                PROCESS      LISTENER    DROPS      len  limit        len     first      last  CAUSES
                nginx[12]+2  0.0.0.0:80  1,310       11     10          3  21:00:01  21:01:01  \
                accept queue full at SYN 1,290, accept queue full at ACK 20
                api[88]      *:8443          2        0    511        512         –         –  \
                SYN cookie sent 40, no route 2
                1,312 drops (accept queue full at SYN 1,290, accept queue full at ACK 20, no route 2), \
                1,310 of them since the accept queue was full; no drops: SYN cookie sent 40
                kernel: 1,312 ListenDrops, 1,310 ListenOverflows, 0 TCPReqQFullDrop, \
                40 TCPReqQFullDoCookies; attributed 1,312, not attributed 0
                the trace lost nothing

                """)
    }

    @Test func withoutCausesTheSumOfTheSocketsIsGiven() {
        #expect(
            DropsSummaryText().lines(DropsSample.tracepoint) == [
                "total of 1s  backend tracepoint  sk_drops: a drop at ACK counts ≥2",
                "                                     ACCEPT QUEUE  SYN QUEUE",
                "PROCESS      LISTENER    SK_DROPS      len  limit        len",
                "nginx[12]+2  0.0.0.0:80     1,330       11     10          3",
                "api[88]      *:8443             2        0    511        512",
                "1,332 drops by the sockets' own counters",
                "kernel: 1,312 ListenDrops, 1,310 ListenOverflows, 0 TCPReqQFullDrop, 40 TCPReqQFullDoCookies",
                "the trace lost nothing",
            ])
    }

    @Test func nothingIsKeptBack() {
        var run = DropsSample.interval
        run.loss = Sample.loss
        run.counters.listenDrops = 1320
        let text = DropsSummaryText(top: 1).text(run)
        #expect(text.contains("\n1 more rows\n1,312 drops ("))
        #expect(text.contains("; attributed 1,312, not attributed 8\nthe trace lost: 1,200 events"))
    }

    @Test func aRunWithoutLossIsShort() {
        #expect(
            DropsSummaryText().text(DropsSample.nothing) == """
                total of 1s  backend fentry
                no listening socket lost a connection
                kernel: 0 ListenDrops, 0 ListenOverflows, 0 TCPReqQFullDrop, 0 TCPReqQFullDoCookies; \
                attributed 0, not attributed 0
                the trace lost nothing

                """)
    }
}
