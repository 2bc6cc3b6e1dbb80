// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What one run of `tcpwhy hotspots --json` printed.
struct HotspotsTrace {
    /// A line of kind "function".
    struct Row: Decodable {
        var symbol: String?
        var module: String
        var `self`, total: Double
        var samples, selfSamples: Int
        var mode: String
    }

    /// A line of kind "port_allocation".
    struct Allocation: Decodable {
        struct Function: Decodable {
            var symbol: String
            var `self`, total: Double?
            var samples: Int?
        }

        var share, exactShare: Double?
        var backend: String?
        var searchNs: UInt64?
        var notTimed: String?
        var samples: Int?
        var functions: [Function]

        /// Share of the samples with a function in them.
        func total(_ symbol: String) -> Double? { functions.first { $0.symbol == symbol }?.total }
    }

    /// A line of kind "cpu".
    struct CPU: Decodable {
        var cpu: Int
        var user, system, softirq, irq, iowait, idle, nice, steal: Double?
    }

    struct Lost: Decodable {
        var unplaced, withoutStack: Int
    }

    struct Summary: Decodable {
        var samples, unnamed: Int
        var lost: Lost
        var durationS: Double
        var busy: Double?
        var portAllocation: Allocation
        var functions: [Row]
    }

    /// Of every interval.
    let rows: [Row]
    let allocations: [Allocation]
    let cpus: [CPU]
    let summary: Summary

    init(_ output: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var rows: [Row] = []
        var allocations: [Allocation] = []
        var cpus: [CPU] = []
        var summaries: [Summary] = []
        for line in output.lines {
            switch line.kind {
            case "f": rows.append(try decoder.decode(Row.self, from: line))
            case "p": allocations.append(try decoder.decode(Allocation.self, from: line))
            case "c": cpus.append(try decoder.decode(CPU.self, from: line))
            case "s": summaries.append(try decoder.decode(Summary.self, from: line))
            default: throw TestFailure("unknown line: \(String(decoding: line, as: UTF8.self))")
            }
        }
        guard let summary = summaries.first, summaries.count == 1, output.lines.last?.kind == "s" else {
            throw TestFailure("\(summaries.count) summaries, or not at the end")
        }
        self.rows = rows
        self.allocations = allocations
        self.cpus = cpus
        self.summary = summary
    }

    /// Samples what `body` makes run, one report at the end.
    /// - Parameter backend: by which searches are to be timed; `nil`: the first that works.
    static func of(
        _ arguments: [String], by backend: Backend? = nil, _ body: () throws -> Void
    ) throws -> HotspotsTrace {
        let forced = backend.map { ["--backend", $0.rawValue] } ?? []
        let child = try Child([Lab.tcpwhy, "hotspots", "3600", "--json", "-F", "499"] + forced + arguments)
        let samples = Lab.wait(400) { child.hasEnded || child.error.hasPrefix("tcpwhy: sampling ") }
        guard samples, !child.hasEnded else { throw TestFailure("tcpwhy does not sample: \(child.error)") }
        try body()
        child.signal(SIGINT)
        let status = try child.wait()
        guard status == 0 else { throw TestFailure("tcpwhy ended with \(status): \(child.error)") }
        return try HotspotsTrace(child.output)
    }
}
