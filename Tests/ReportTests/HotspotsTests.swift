// SPDX-License-Identifier: Apache-2.0
import Foundation
import Model
import Testing

@testable import Report

@Suite struct HotspotsTests {
    @Test func functionsThenPortsThenCPUs() {
        #expect(HotspotsTable(top: 6).text(HotspotsSample.interval) == "")
    }

    @Test func callersComeFirstByTotal() {
        let rows = HotspotsRow.all(of: HotspotsSample.counts, by: .total)
        #expect(rows.first?.name.symbol == "worker(int)")
        #expect(HotspotsRow.all(of: HotspotsSample.counts, by: .own).first?.name.symbol == "__inet_check_established")
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
        #expect(HotspotsText.search(interval).hasSuffix("of all CPU time (timed by kprobe, but for 2 missed calls)"))
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
        #expect(lines[0] == "")
        #expect(lines[8] == "")
        #expect(lines[9] == "")
    }

    @Test func selfOverAllLinesAndWhatIsInNoRowIsOne() throws {
        struct Line: Decodable {
            var kind: String
            var `self`: Double?
        }
        let lines = HotspotsJSON.interval(HotspotsSample.interval).split(separator: UInt8(ascii: "\n"))
        let sum = try lines.map { try JSONDecoder().decode(Line.self, from: Data($0)) }
            .filter { $0.kind == "function" }.reduce(0) { $0 + ($1.self ?? 0) }
        #expect(abs(sum + 0.01 - 1) < 1e-9)
    }

    @Test func jsonOfWhatIsNotKnownIsNull() {
        let text = String(decoding: HotspotsJSON.interval(HotspotsSample.blind), as: UTF8.self)
        #expect(text.hasPrefix("{\"kind\":\"function\",\"symbol\":null,\"module\":\"kernel\",\"self\":1,\"total\":1,"))
        #expect(
            text.contains(
                "{\"kind\":\"port_allocation\",\"share\":null,\"exact_share\":null,\"backend\":null,\"search_ns\":null,"
                    + "\"missed\":null,\"not_timed\":\"it takes fentry or kprobes\",\"samples\":null,"))
    }

    @Test func jsonSummary() {
        #expect(String(decoding: HotspotsJSON.summary(HotspotsSample.interval, top: 1), as: UTF8.self) == "")
    }
}
