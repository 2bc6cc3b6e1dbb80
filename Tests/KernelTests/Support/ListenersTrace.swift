// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What one run of `tcpwhy listeners --json` printed: one report, at its end.
struct ListenersTrace {
    struct Times: Decodable {
        var p50, p99, max: UInt64?
        var sum: UInt64?
    }

    /// A line of kind "listener".
    struct Row: Decodable {
        var netns: UInt32
        var address: String
        var port: UInt16
        var pid: [UInt32]
        var comm: String?
        var backlog, acceptQueue, synQueue, synQueueYoung: Int?
        var listenDrops, skDrops: Int?
        var waitNs, depthSeen: Times?
        var reuseport, closed: Bool
        var accepts, arrivals: Int?
        var limitedBy, waitBackend: String?
    }

    struct Summary: Decodable {
        var lost: Trace.Lost
        var missedByProbe: [String: Int]
        var accepts, arrivals, acceptsNotAttributed: Int?
    }

    let rows: [Row]
    let summary: Summary

    init(_ output: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var rows: [Row] = []
        var summaries: [Summary] = []
        for line in output.lines {
            switch line.kind {
            case "l": rows.append(try decoder.decode(Row.self, from: line))
            case "s": summaries.append(try decoder.decode(Summary.self, from: line))
            default: throw TestFailure("unknown line: \(String(decoding: line, as: UTF8.self))")
            }
        }
        guard let summary = summaries.first, summaries.count == 1 else {
            throw TestFailure("\(summaries.count) summaries")
        }
        self.rows = rows
        self.summary = summary
    }

    /// Traces what `body` does in a namespace.
    static func of(
        _ backend: Backend, in namespace: Namespace, _ body: () throws -> Void
    ) throws -> ListenersTrace {
        try of(backend, in: namespace, every: "3600") { _ in try body() }
    }

    static func of(
        _ backend: Backend, in namespace: Namespace, every interval: String, _ body: (Child) throws -> Void
    ) throws -> ListenersTrace {
        let child = try Child([
            Lab.tcpwhy, "listeners", interval, "--json", "--backend", backend.rawValue, "--netns",
            namespace.name,
        ])
        let traces = Lab.wait(400) { child.hasEnded || child.error.contains("tracing, backend") }
        guard traces, !child.hasEnded else {
            throw TestFailure("tcpwhy does not trace with \(backend.rawValue): \(child.error)")
        }
        try body(child)
        child.signal(SIGINT)
        let status = try child.wait()
        guard status == 0 else { throw TestFailure("tcpwhy ended with \(status): \(child.error)") }
        return try ListenersTrace(child.output)
    }
}
