// SPDX-License-Identifier: Apache-2.0
import Foundation
import Model
import Testing

@testable import Report

@Suite struct HotspotsTests {
    @Test func functionsThenPortsThenCPUs() {
        #expect(
            HotspotsTable(top: 6).text(HotspotsSample.interval) == """
                20:05:27  interval 1s  100 samples at 99 Hz by cpu-clock on 2 CPUs
                100% is all samples: an idle CPU gives none; the CPUs were 48.5% busy
                SELF  TOTAL  SAMPLES  MODULE          FUNCTION
                 55%    55%       55  kernel          [k] __inet_check_established
                 25%    80%       80  kernel          [k] __inet_hash_connect.isra.0
                  9%     9%        9  nf_conntrack    [k] nf_conntrack_in
                  6%    99%       99  client          [.] worker(int)
                  4%     4%        4  libcrypto.so.3  [.] (no name)
                  0%    89%       89  kernel          [k] do_syscall_64
                2 more functions

                SELF  TOTAL  SAMPLES  PORT ALLOCATION
                  0%    80%       80  tcp_v4_connect
                  0%     0%        0  tcp_v6_connect
                  0%    80%       80    inet_hash_connect
                  0%     0%        0    inet6_hash_connect
                 25%    80%       80      __inet_hash_connect
                 55%    55%       55        __inet_check_established
                  0%     0%        0        __inet6_check_established
                  0%     0%        0  inet_csk_get_port (bind)
                search for a port: 80% of the samples (80); 41% of all CPU time (timed by fentry)

                CPU  USER  NICE  SYSTEM  SOFTIRQ  IRQ  IOWAIT  STEAL   IDLE
                all  4.5%    0%   43.5%     0.5%   0%      0%     0%  51.5%
                  0    9%    0%     85%       1%   0%      0%     0%     5%
                  1    0%    0%      2%       0%   0%      0%     0%    98%
                of the samples 1 in no row (table full)

                """)
    }

    @Test func callersComeFirstByTotal() {
        let rows = HotspotsRow.all(of: HotspotsSample.counts, by: .total)
        #expect(rows.first?.name.symbol == "worker(int)")
        #expect(
            HotspotsRow.all(of: HotspotsSample.counts, by: .own).first?.name.symbol
                == "__inet_check_established")
    }

    @Test func whatIsNotKnownIsNotNothing() {
        let text = HotspotsTable().text(HotspotsSample.blind)
        #expect(text.contains("search for a port: – of the samples (the kernel hides its symbols"))
        #expect(text.contains("– of all CPU time (not timed: it takes fentry or kprobes)"))
        #expect(text.contains("[k] (no name)"))
        #expect(text.contains("100% is the samples that the filters let through"))
    }

    @Test func missedCallsAreSaid() {
        var interval = HotspotsSample.interval
        interval.search = .measured(nanoseconds: 1, missed: 2, backend: .kprobe)
        #expect(
            HotspotsText.search(interval).hasSuffix(
                "of all CPU time (timed by kprobe, but for 2 missed calls)"))
    }

    @Test func nothingRan() {
        let lines = HotspotsTable().lines(HotspotsSample.nothing)
        #expect(lines.contains("no samples: nothing of it ran"))
        #expect(lines.contains { $0.hasPrefix("search for a port: – of the samples (0)") })
        #expect(lines.contains { $0.hasSuffix("the CPUs were – busy") })
    }

    @Test func totalsHaveTheSameForm() {
        let lines = HotspotsTable(top: 1).total(HotspotsSample.interval).split(separator: "\n")
        #expect(lines.first == "total of 1s  100 samples at 99 Hz by cpu-clock on 2 CPUs")
        #expect(lines.contains("7 more functions"))
    }

    @Test(arguments: [20, 40, 80, 132], [5, 12, 24, 60])
    func fitsTheTerminal(width: Int, height: Int) {
        var crowd = HotspotsSample.interval
        for cpu in 2..<64 as Range<Int32> { crowd.cpus[cpu] = HotspotsSample.time(UInt64(cpu), 0, 100) }
        for interval in [HotspotsSample.interval, HotspotsSample.blind, HotspotsSample.nothing, crowd] {
            let lines = HotspotsTable(style: TextStyle(width: width, height: height)).lines(interval)
            #expect(lines.count <= height)
            for line in lines { #expect(DisplayWidth.of(line) <= width, "\(line)") }
        }
    }

    @Test func aScreenShowsTheBusiestCPUs() {
        var crowd = HotspotsSample.interval
        for cpu in 2..<64 as Range<Int32> { crowd.cpus[cpu] = HotspotsSample.time(UInt64(cpu), 0, 100) }
        let lines = HotspotsTable(style: TextStyle(width: 100, height: 50)).lines(crowd)
        #expect(lines.contains("56 more CPUs"))
        #expect(lines.contains { $0.hasPrefix(" 63 ") } && lines.contains { $0.hasPrefix("  0 ") })
        #expect(!lines.contains { $0.hasPrefix("  1 ") })
    }

    @Test func jsonOfAnInterval() {
        let lines = String(decoding: HotspotsJSON.interval(HotspotsSample.interval), as: UTF8.self)
            .split(separator: "\n")
        #expect(lines.count == 8 + 1 + 2)
        #expect(
            lines[0] == #"""
                {"kind":"function","symbol":"__inet_check_established","module":"kernel","self":0.55,"total":0.55,"samples":55,"self_samples":55,"mode":"kernel","time":"2026-11-23T20:05:27.042Z","interval_s":1}
                """#)
        #expect(
            lines[8] == #"""
                {"kind":"port_allocation","share":0.8,"exact_share":0.41,"backend":"fentry","search_ns":820000000,"missed":0,"not_timed":null,\#
                "samples":80,"all_samples":100,"busy":0.485,\#
                "functions":[{"symbol":"tcp_v4_connect","self":0,"total":0.8,\#
                "samples":80,"self_samples":0},\#
                {"symbol":"tcp_v6_connect","self":0,"total":0,"samples":0,"self_samples":0},\#
                {"symbol":"inet_hash_connect","self":0,"total":0.8,\#
                "samples":80,"self_samples":0},\#
                {"symbol":"inet6_hash_connect","self":0,"total":0,"samples":0,"self_samples":0},\#
                {"symbol":"__inet_hash_connect","self":0.25,"total":0.8,\#
                "samples":80,"self_samples":25},\#
                {"symbol":"__inet_check_established","self":0.55,"total":0.55,"samples":55,"self_samples":55},\#
                {"symbol":"__inet6_check_established","self":0,"total":0,"samples":0,"self_samples":0},\#
                {"symbol":"inet_csk_get_port","self":0,"total":0,"samples":0,"self_samples":0}],"time":"2026-11-23T20:05:27.042Z","interval_s":1}
                """#)
        #expect(
            lines[9] == #"""
                {"kind":"cpu",\#
                "cpu":0,"user":0.09,"system":0.85,"softirq":0.01,"irq":0,"iowait":0,"idle":0.05,"nice":0,"steal":0,"time":"2026-11-23T20:05:27.042Z","interval_s":1}
                """#)
    }

    @Test func selfOverAllLinesAndWhatIsInNoRowIsOne() throws {
        struct Line: Decodable {
            var kind: String
            var `self`: Double?
        }
        let lines = HotspotsJSON.interval(HotspotsSample.interval).split(separator: UInt8(ascii: "\n"))
        var sum = 0.0
        for line in lines {
            let row = try JSONDecoder().decode(Line.self, from: Data(line))
            if row.kind == "function" { sum += row.`self` ?? 0 }
        }
        #expect(abs(sum + 0.01 - 1) < 1e-9)
    }

    @Test func jsonOfWhatIsNotKnownIsNull() {
        let text = String(decoding: HotspotsJSON.interval(HotspotsSample.blind), as: UTF8.self)
        #expect(
            text.hasPrefix(
                "{\"kind\":\"function\",\"symbol\":null,\"module\":\"kernel\",\"self\":1,\"total\":1,"))
        #expect(
            text.contains(
                "{\"kind\":\"port_allocation\",\"share\":null,\"exact_share\":null,\"backend\":null,\"search_ns\":null,"
                    + "\"missed\":null,\"not_timed\":\"it takes fentry or kprobes\",\"samples\":null,"))
    }

    @Test func jsonSummary() {
        #expect(
            String(decoding: HotspotsJSON.summary(HotspotsSample.interval, top: 1), as: UTF8.self) == #"""
                {"kind":"summary","samples":100,"lost":{"unplaced":1,"without_stack":0},"truncated":0,"unnamed":4,\#
                "clock":"cpu-clock","frequency":99,"cpus":2,"time":"2026-11-23T20:05:27.042Z","duration_s":1,"busy":0.485,\#
                "port_allocation":{"share":0.8,"exact_share":0.41,"backend":"fentry","search_ns":820000000,"missed":0,"not_timed":null,\#
                "samples":80,"all_samples":100,"busy":0.485,\#
                "functions":[{"symbol":"tcp_v4_connect","self":0,"total":0.8,\#
                "samples":80,"self_samples":0},\#
                {"symbol":"tcp_v6_connect","self":0,"total":0,"samples":0,"self_samples":0},\#
                {"symbol":"inet_hash_connect","self":0,"total":0.8,\#
                "samples":80,"self_samples":0},\#
                {"symbol":"inet6_hash_connect","self":0,"total":0,"samples":0,"self_samples":0},\#
                {"symbol":"__inet_hash_connect","self":0.25,"total":0.8,\#
                "samples":80,"self_samples":25},\#
                {"symbol":"__inet_check_established","self":0.55,"total":0.55,"samples":55,"self_samples":55},\#
                {"symbol":"__inet6_check_established","self":0,"total":0,"samples":0,"self_samples":0},\#
                {"symbol":"inet_csk_get_port","self":0,"total":0,"samples":0,"self_samples":0}]},\#
                "cpu":{"user":0.045,"system":0.435,"softirq":0.005,"irq":0,"iowait":0,"idle":0.515,"nice":0,"steal":0},\#
                "functions":[{"symbol":"__inet_check_established","module":"kernel","self":0.55,"total":0.55,"samples":55,"self_samples":55,"mode":"kernel"}]}

                """#)
    }
}
