// SPDX-License-Identifier: Apache-2.0
import Foundation
import Model
import Testing

@testable import Report

@Suite struct ListenersTests {
    @Test func theFullestQueueComesFirst() {
        #expect(
            ListenersTable().text(ListenersSample.interval) == """
                20:05:27  interval 1s  backend fentry
                                           ───── ACCEPT QUEUE ──────  ── SYN QUEUE ───            \
                ──────── WAIT ────────  ─ DEPTH ──
                PROCESS      LISTENER          len  limit  by               len  young  ACCEPT/s     \
                p50     p99     max    p99  max  DROP/s  CAUSES
                nginx[12]+2  0.0.0.0:80         11     10  backlog            3      1         3  \
                96.5ms   143ms   150ms     11   11    1310  accept queue full at SYN 1290/s, \
                accept queue full at ACK 20/s
                api[88]      *:8443              0    511  somaxconn        512    256      1200  \
                19.5µs  19.5µs  20.0µs      0    0       2  SYN cookie sent 40/s, no route 2/s
                –            127.0.0.1:22        0    128  backlog            0      0         0       \
                –       –       –      –    –       0
                the trace lost nothing

                """)
    }

    @Test func withoutHooksTheWaitRemains() {
        #expect(
            ListenersTable(style: TextStyle(width: 100)).lines(ListenersSample.tracepoint) == [
                "20:05:27  interval 1s  backend tracepoint  sk_drops: a drop at ACK counts ≥2  wait: "
                    + "tracepoint; dep…",
                "                          ───── ACCEPT QUEUE ──────  SYN QUEUE            ──── WAIT ────",
                "PROCESS     LISTENER          len  limit  by               len  ACCEPT/s     p50     p99  "
                    + "SK_DROPS/s",
                "nginx[12]…  0.0.0.0:80         11     10  backlog            3         3  96.5ms   143ms  "
                    + "      1330",
                "api[88]     *:8443              0    511  somaxconn        512      1200  19.5µs  19.5µs  "
                    + "         2",
                "–           127.0.0.1:22        0    128  backlog            0         0       –       –  "
                    + "         0",
                "the trace lost nothing",
            ])
    }

    @Test func whatIsNotMeasuredHasNoColumn() {
        let lines = ListenersTable(style: TextStyle(width: 80)).lines(ListenersSample.untimed)
        #expect(
            lines == [
                "20:05:27  interval 1s  backend fentry  wait: not measured",
                "                             ACCEPT QUEUE",
                "PROCESS      LISTENER          len  limit  DROP/s  CAUSES",
                "nginx[12]+2  0.0.0.0:80         11     10    1310  accept queue full at SYN 129…",
                "–            127.0.0.1:22        0    128       0",
                "api[88]      *:8443              0    511       2  SYN cookie sent 40/s, no rou…",
                "the trace lost nothing",
            ])
    }

    @Test func totalsAreCountsAndNotRates() {
        #expect(
            ListenersSummaryText(style: TextStyle(width: 80)).lines(ListenersSample.interval) == [
                "total of 1s  backend fentry",
                "                             ACCEPT QUEUE           ──── WAIT ────  DEPTH",
                "PROCESS      LISTENER          len  limit  ACCEPTS     p50     p99    p99  DROPS",
                "nginx[12]+2  0.0.0.0:80         11     10        3  96.5ms   143ms     11  1,310",
                "api[88]      *:8443              0    511    1,200  19.5µs  19.5µs      0      2",
                "–            127.0.0.1:22        0    128        0       –       –      –      0",
                "1,204 arrivals, 1,203 accepts, 1,312 drops",
                "the trace lost nothing",
            ])
    }

    @Test func noSocketListens() {
        var interval = ListenersSample.interval
        interval.listeners = [:]
        #expect(ListenersTable().lines(interval).contains("no socket listens"))
    }

    @Test(arguments: [20, 40, 80, 132])
    func noLineIsWiderThanTheTerminal(width: Int) {
        for interval in ListenersSample.all {
            for line in ListenersTable(style: TextStyle(width: width)).lines(interval) {
                #expect(DisplayWidth.of(line) <= width, "\(line)")
            }
        }
    }

    @Test func aListenerKeepsTheContract() throws {
        let line = try #require(
            PortsJSONTests.lines(ListenersJSON.interval(ListenersSample.interval)).first)
        #expect(
            line == """
                {"kind":"listener","time":"2026-11-23T20:05:27.042Z","interval_s":1,\
                "netns":4026531840,"family":"ipv4","address":"0.0.0.0","port":80,"pid":[12,13,14],\
                "comm":"nginx","backlog":10,"accept_queue":11,"causes":{"accept_queue_full_syn":1290,\
                "accept_queue_full_ack":20,"syn_queue_full":0,"syn_cookie_sent":0,\
                "cookie_accept_queue_full":0,"no_memory":0,"no_route":0,"other":0,\
                "accept_queue_full_reset":0,"last_quarter":0,"deferred_accept":0,"icmp_error":0},\
                "listen_drops":1310,"listen_overflows":1310,"sk_drops":1330,\
                "wait_ns":{"p50":96468991,"p99":142606335,"max":150000000,"sum":300000000},\
                "backend":"fentry","syn_queue":3,"syn_queue_young":1,"fd":[6,6,6],"inode":700,\
                "dual_stack":false,"reuseport":false,"closed":false,"limited_by":"backlog","accepts":3,\
                "arrivals":4,"depth_seen":{"p50":9,"p99":11,"max":11},"wait_backend":"fentry",\
                "peers":[],"peers_other":null,"cgroup":null,"queues_age_s":0}
                """)
    }

    @Test func theSummaryAddsWhatWasAccepted() throws {
        let text = String(decoding: ListenersJSON.summary(ListenersSample.interval), as: UTF8.self)
        let summary = try JSONLineTests.parse(text)
        #expect(summary["accepts"] as? Int == 1203)
        #expect(summary["arrivals"] as? Int == 1204)
        #expect(summary["accepts_not_attributed"] as? Int == 0)
        #expect(summary["listen_drops"] as? Int == 1312)
        let wait = try #require(summary["wait_ns"] as? [String: Any])
        #expect(wait["max"] as? Int == 150_000_000)
    }

    @Test func whatTracepointsDoNotSeeIsNull() throws {
        for line in PortsJSONTests.lines(ListenersJSON.interval(ListenersSample.tracepoint)) {
            let row = try JSONLineTests.parse(line)
            #expect(row["arrivals"] is NSNull && row["depth_seen"] is NSNull && row["causes"] is NSNull)
            #expect(row["accepts"] is Int && row["wait_ns"] is [String: Any])
        }
    }
}
