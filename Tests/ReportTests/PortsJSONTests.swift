// SPDX-License-Identifier: Apache-2.0
import Foundation
import Model
import Report
import Testing

@Suite struct PortsJSONTests {
    static func lines(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    static func only(_ interval: PortsInterval, _ kind: String) throws -> [[String: Any]] {
        try lines(PortsJSON.interval(interval)).map { try JSONLineTests.parse($0) }
            .filter { $0["kind"] as? String == kind }
    }

    @Test func aRowKeepsTheContract() throws {
        let line = try #require(Self.lines(PortsJSON.interval(Sample.interval)).first)
        #expect(
            line == """
                {"kind":"ports","time":"2026-11-23T20:05:27.042Z","interval_s":1,"pid":1234,\
                "comm":"nginx","netns":4026531840,"family":"ipv4","destination":"127.0.0.1",\
                "port":9000,"connects":8412,"failed":{"EADDRNOTAVAIL":310,"ECONNREFUSED":2},\
                "search_ns":{"p50":799,"p99":1500000,"max":1500000,"sum":211700000},\
                "ports_tried":{"p50":1,"p99":49,"max":51,"sum":89912,"method":"derived",\
                "certain":0.9979},"backend":"fentry","call":"connect","source":null,"abandoned":0,\
                "bound":0,"reused":17,"call_ns":{"p50":14847,"p99":1600000,"max":1600000,\
                "sum":779200000},"untimed":0,"unknown":0,"search_cpu_share":0.2117,"checks":null,"search_scope":"all"}
                """)
    }

    @Test func aRangeKeepsTheContract() {
        #expect(
            Self.lines(PortsJSON.interval(Sample.interval))[3] == """
                {"kind":"range","time":"2026-11-23T20:05:27.042Z","interval_s":1,\
                "netns":4026531840,"family":"ipv4","destination":"127.0.0.1","port":9000,\
                "low":20000,"high":20050,"reserved":0,"in_use":51,"time_wait":38,"bound":0,"size":51,\
                "available":51,"reuses_time_wait":false,"recycled":0,"expected_tried":51,"age_s":0}
                """)
    }

    @Test func theSummaryKeepsTheContract() {
        var run = Sample.interval
        run.loss = Sample.loss
        #expect(
            String(decoding: PortsJSON.summary(run), as: UTF8.self) == """
                {"kind":"summary","connects":8415,"failed":{"EADDRNOTAVAIL":310,"ECONNREFUSED":2},\
                "not_attributed":6,"lost":{"ring":1200,"map":8,"missed":6},\
                "missed_by_probe":{"inet_hash_connect":4,"tcp_v4_connect":2},"backend":"fentry",\
                "time":"2026-11-23T20:05:27.042Z","duration_s":1,"abandoned":0,"bound":0,"reused":17,\
                "untimed":0,"unknown":0,"binds":40,"binds_failed":{},\
                "binds_unknown":0}

                """)
    }

    @Test func everyLineIsAnObject() throws {
        for interval in [Sample.interval, Sample.tracepoint, PortsTableTests.nasty()] {
            for line in Self.lines(PortsJSON.interval(interval) + PortsJSON.summary(interval)) {
                #expect(line.hasPrefix("{\"kind\":\""))
                _ = try JSONLineTests.parse(line)
            }
        }
    }

    @Test func whatWasNotMeasuredIsNull() throws {
        let row = try #require(try Self.only(Sample.tracepoint, "ports").first)
        #expect(row["search_ns"] is NSNull)
        #expect(row["search_cpu_share"] is NSNull)
        #expect(row["reused"] is NSNull)
        let tried = try #require(row["ports_tried"] as? [String: Any])
        #expect(tried["method"] as? String == "estimated")
        #expect(tried["max"] is NSNull)
        #expect(tried["certain"] is NSNull)
        #expect(tried["p50"] as? Int == 27)
        var blind = Sample.tracepoint
        blind.ranges = []
        #expect(try Self.only(blind, "ports").first?["ports_tried"] is NSNull)
    }

    @Test func noSearchIsNotTheSameAsNotMeasured() throws {
        var interval = Sample.interval
        var stats = Sample.quiet
        stats.bound = 3
        stats.search = Distribution()
        interval.connects = [Sample.key(): stats]
        let search = try #require(try Self.only(interval, "ports").first?["search_ns"] as? [String: Any])
        #expect(search["p50"] is NSNull)
        #expect(search["sum"] as? Int == 0)
    }

    @Test func theOverflowRowNamesNobody() throws {
        var interval = Sample.interval
        interval.connects = [Sample.overflow: Sample.quiet]
        let row = try #require(try Self.only(interval, "ports").first)
        #expect(row["comm"] as? String == "(others)")
        #expect(row["connects"] as? Int == 3)
        for name in ["pid", "netns", "family", "destination", "port", "source", "call"] {
            #expect(row[name] is NSNull)
        }
    }

    @Test func bindsAreMarkedAndApartInTheSummary() throws {
        let row = try #require(
            try Self.only(Sample.interval, "ports").first { $0["call"] as? String == "bind" })
        #expect(row["destination"] is NSNull)
        #expect(row["checks"] as? Int == 80)
        #expect(row["call_ns"] is NSNull)
    }

    @Test func aShareIsOneOnlyIfAllIsCertain() throws {
        var interval = Sample.interval
        var stats = Sample.busy
        stats.tried = Sample.distribution([(1, 1_000_000)])
        stats.certain = 999_999
        interval.connects = [Sample.key(): stats]
        let tried = try #require(try Self.only(interval, "ports").first?["ports_tried"] as? [String: Any])
        #expect(tried["certain"] as? Double == 0.9999)
    }

    @Test func sumsOverRowsMakeTheSummary() throws {
        let interval = PortsTableTests.nasty()
        let rows = try Self.only(interval, "ports").filter { $0["call"] as? String != "bind" }
        let sum = rows.compactMap { $0["connects"] as? Int }.reduce(0, +)
        let summary = try JSONLineTests.parse(
            String(decoding: PortsJSON.summary(interval), as: UTF8.self))
        #expect(summary["connects"] as? Int == sum)
    }
}
