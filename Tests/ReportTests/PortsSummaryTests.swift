// SPDX-License-Identifier: Apache-2.0
import Model
import Report
import Testing

@Suite struct PortsSummaryTests {
    @Test func totalsOfTheRunAreWholeNumbers() {
        var run = Sample.interval
        run.duration = 12.5
        #expect(
            PortsSummaryText(style: TextStyle(width: 100)).lines(run) == [
                "total of 12.5s  backend fentry  ports tried: counted; derived, 99.8% certain",
                "                                                  ─────── SEARCH ───────  ─ TRIED ──",
                "PROCESS      DESTINATION        CONNECTS  FAILED     p50     p99     CPU    p50  p99  FAILURES",
                "nginx[1234]  127.0.0.1:9000        8,412     312   799ns  1.50ms   1.69%      1   49  "
                    + "EADDRNOTAVAIL…",
                "iperf3[77]   bind(0)                  40       0  2.10µs  2.10µs  <0.01%      2    2",
                "curl[88]     [2001:db8::7]:443         3       0   671ns   671ns  <0.01%      1    1",
                "8,415 connects, 312 failed (EADDRNOTAVAIL 310, ECONNREFUSED 2), 17 took over a "
                    + "TIME_WAIT socket, 0",
                "not attributed",
                "40 bind(0) searches, 0 failed",
                "no losses",
            ])
    }

    @Test func nothingIsKeptBack() {
        var run = Sample.interval
        run.loss = Sample.loss
        let text = PortsSummaryText(top: 1).text(run)
        #expect(text.contains("2 more rows\n"))
        #expect(
            text.contains(
                """
                8,415 connects, 312 failed (EADDRNOTAVAIL 310, ECONNREFUSED 2), 17 took over a \
                TIME_WAIT socket, 6 not attributed
                40 bind(0) searches, 0 failed
                lost: 1,200 events (ring full)
                """))
    }

    @Test func anEmptyRunIsShort() {
        let run = PortsInterval(
            duration: 0, wallTime: 0, backend: .tracepoint, connects: [:], ranges: [], loss: Loss())
        #expect(
            PortsSummaryText().text(run) == """
                total of 0s  backend tracepoint  ports tried: –
                0 connects, 0 failed, 0 not attributed
                no losses

                """)
    }
}
