// SPDX-License-Identifier: Apache-2.0
import Foundation
import Model
import Report
import Testing

@Suite struct DropsJSONTests {
    static func parsed(_ interval: DropsInterval) throws -> [[String: Any]] {
        try PortsJSONTests.lines(DropsJSON.interval(interval)).map { try JSONLineTests.parse($0) }
    }

    static func summary(_ run: DropsInterval) throws -> [String: Any] {
        try JSONLineTests.parse(String(decoding: DropsJSON.summary(run), as: UTF8.self))
    }

    @Test func aListenerKeepsTheContract() throws {
        let line = try #require(PortsJSONTests.lines(DropsJSON.interval(DropsSample.interval)).first)
        #expect(
            line == """
                {"kind":"listener","time":"2026-11-23T20:05:27.042Z","interval_s":1,\
                "netns":4026531840,"family":"ipv4","address":"0.0.0.0","port":80,"pid":[12,13,14],\
                "comm":"nginx","backlog":10,"accept_queue":11,"causes":{"accept_queue_full_syn":1290,\
                "accept_queue_full_ack":20,"syn_queue_full":0,"syn_cookie_sent":0,\
                "cookie_accept_queue_full":0,"no_memory":0,"no_route":0,"other":0,\
                "accept_queue_full_reset":0,"last_quarter":0,"deferred_accept":0,"icmp_error":0},\
                "listen_drops":1310,"listen_overflows":1310,"sk_drops":1330,"wait_ns":null,\
                "backend":"fentry","syn_queue":3,"syn_queue_young":1,"fd":[6,6,6],"inode":700,\
                "dual_stack":false,"reuseport":false,"closed":false,"limited_by":null,\
                "accepts":null,"arrivals":null,"depth_seen":null,"wait_backend":null,\
                "peers":[],"peers_other":null,"cgroup":null,"queues_age_s":0}
                """)
    }

    @Test func theSummaryKeepsTheContract() {
        var run = DropsSample.interval
        run.loss = Sample.loss
        run.counters.listenDrops = 1320
        #expect(
            String(decoding: DropsJSON.summary(run), as: UTF8.self) == """
                {"kind":"summary","listen_drops":1312,"listen_overflows":1310,\
                "tcpext":{"ListenDrops":1320,"ListenOverflows":1310,"TCPReqQFullDrop":0,\
                "TCPReqQFullDoCookies":40,"TCPTimeWaitOverflow":0,"TCPAbortOnMemory":0,\
                "TCPMemoryPressures":0},"not_attributed":8,\
                "lost":{"ring":1200,"map":8,"missed":6},\
                "missed_by_probe":{"inet_hash_connect":4,"tcp_v4_connect":2},"backend":"fentry",\
                "time":"2026-11-23T20:05:27.042Z","duration_s":1,"req_queue_full_drop":0,\
                "req_queue_full_cookies":40,"causes":{"accept_queue_full_syn":1290,\
                "accept_queue_full_ack":20,"syn_queue_full":0,"syn_cookie_sent":40,\
                "cookie_accept_queue_full":0,"no_memory":0,"no_route":2,"other":0,\
                "accept_queue_full_reset":0,"last_quarter":0,"deferred_accept":0,"icmp_error":0},"events_suppressed":0}

                """)
    }

    @Test func everyListeningSocketHasALine() throws {
        let rows = try Self.parsed(DropsSample.interval)
        #expect(rows.compactMap { $0["port"] as? Int } == [80, 8443, 22])
        let quiet = try #require(rows.last)
        #expect(quiet["listen_drops"] as? Int == 0)
        #expect(quiet["pid"] as? [Int] == [])
        #expect(quiet["fd"] as? [Int] == [])
        #expect(quiet["comm"] is NSNull)
        let dual = rows[1]
        #expect(dual["address"] as? String == "::")
        #expect(dual["dual_stack"] as? Bool == true)
        #expect(dual["reuseport"] as? Bool == true)
    }

    @Test func whatWasNotMeasuredIsNull() throws {
        let row = try #require(try Self.parsed(DropsSample.tracepoint).first)
        for name in ["causes", "listen_drops", "listen_overflows", "wait_ns"] {
            #expect(row[name] is NSNull)
        }
        #expect(row["sk_drops"] as? Int == 1330)
        let summary = try Self.summary(DropsSample.tracepoint)
        let unseen = [
            "listen_drops", "listen_overflows", "not_attributed", "req_queue_full_drop",
            "req_queue_full_cookies", "causes",
        ]
        for name in unseen { #expect(summary[name] is NSNull) }
        #expect((summary["tcpext"] as? [String: Any])?["ListenDrops"] as? Int == 1312)
    }

    @Test func aSocketThatIsGoneHasNoQueues() throws {
        let rows = try Self.parsed(DropsSample.nasty).filter { $0["closed"] as? Bool == true }
        #expect(rows.count == 2)
        for row in rows {
            for name in ["backlog", "accept_queue", "syn_queue", "syn_queue_young"] {
                #expect(row[name] is NSNull)
            }
        }
        #expect(rows.contains { $0["inode"] is NSNull && $0["port"] as? Int == 1 })
    }

    @Test func everyLineIsAnObject() throws {
        for interval in DropsSample.all {
            for line in PortsJSONTests.lines(DropsJSON.interval(interval) + DropsJSON.summary(interval)) {
                #expect(line.hasPrefix("{\"kind\":\""))
                _ = try JSONLineTests.parse(line)
            }
        }
    }

    @Test func sumsOverListenersMakeTheSummary() throws {
        let sum = try Self.parsed(DropsSample.nasty).compactMap { $0["listen_drops"] as? Int }.reduce(0, +)
        #expect(try Self.summary(DropsSample.nasty)["listen_drops"] as? Int == sum)
    }
}
