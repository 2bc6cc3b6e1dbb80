// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// What one run of `tcpwhy drops --json` printed.
struct DropsTrace {
    /// A line of kind "listener".
    struct Row: Decodable {
        var netns: UInt32
        var family, address: String
        var port: UInt16
        var pid: [UInt32]
        var comm: String?
        var backlog, acceptQueue: UInt32?
        var causes: [String: Int]?
        var listenDrops, listenOverflows: Int?
        var skDrops: Int?
        var backend: String
        var dualStack, closed: Bool
    }

    /// A line of kind "drop".
    struct Packet: Decodable {
        var reason: String?
        var location: String
        var `protocol`: String
        var port: UInt16?
        var count: Int
        var `class`: String
        var netns: UInt32?
    }

    /// A line of kind "loss".
    struct Loss: Decodable {
        var netns: UInt32
        var cause: String
        var address, peer: String?
        var port: UInt16
        var peerPort: UInt16?
        var acceptQueue, backlog: UInt32
    }

    struct Summary: Decodable {
        var eventsSuppressed: Int
        var listenDrops, listenOverflows: Int?
        var tcpext: [String: Int]
        var notAttributed: Int?
        var lost: Trace.Lost
        var reqQueueFullDrop, reqQueueFullCookies: Int?
        var causes: [String: Int]?
    }

    let rows: [Row]
    let packets: [Packet]
    let losses: [Loss]
    let summary: Summary

    init(_ output: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var rows: [Row] = []
        var packets: [Packet] = []
        var losses: [Loss] = []
        var summaries: [Summary] = []
        for line in output.lines {
            switch line.kind {
            case "l" where line.starts(with: Data("{\"kind\":\"loss\"".utf8)):
                losses.append(try decoder.decode(Loss.self, from: line))
            case "l": rows.append(try decoder.decode(Row.self, from: line))
            case "d": packets.append(try decoder.decode(Packet.self, from: line))
            case "c": continue  // conntrack, where the module is loaded
            case "s": summaries.append(try decoder.decode(Summary.self, from: line))
            default: throw TestFailure("unknown line: \(String(decoding: line, as: UTF8.self))")
            }
        }
        guard let summary = summaries.first, summaries.count == 1 else {
            throw TestFailure("\(summaries.count) summaries")
        }
        self.rows = rows
        self.packets = packets
        self.losses = losses
        self.summary = summary
    }

    /// Of all listeners.
    func sum(_ count: (Row) -> Int?) -> Int { rows.reduce(0) { $0 + (count($1) ?? 0) } }

    /// Traces what `body` does; reports once, at its end.
    static func trace(
        _ backend: Backend, _ arguments: [String], _ body: () throws -> Void
    ) throws -> DropsTrace {
        let child = try Child(
            [Lab.tcpwhy, "drops", "3600", "--json", "--backend", backend.rawValue] + arguments)
        guard Lab.wait(400, until: { child.hasEnded || child.error.contains("tracing, backend") }),
            !child.hasEnded
        else { throw TestFailure("tcpwhy does not trace drops with \(backend): \(child.error)") }
        try body()
        child.signal(SIGINT)
        let status = try child.wait()
        guard status == 0 else { throw TestFailure("tcpwhy ended with \(status): \(child.error)") }
        return try DropsTrace(child.output)
    }
}

/// The kernel's counters of a namespace that losses show in.
struct ListenCounts: Equatable {
    static let names = ["ListenDrops", "ListenOverflows", "TCPReqQFullDrop", "TCPReqQFullDoCookies"]
    private(set) var values: [String: Int] = [:]

    init(_ namespace: Namespace) throws {
        for name in Self.names { values[name] = try namespace.counter("TcpExt", name) }
    }

    static func - (later: ListenCounts, earlier: ListenCounts) -> ListenCounts {
        var result = later
        for (name, value) in earlier.values { result.values[name, default: 0] -= value }
        return result
    }

    subscript(name: String) -> Int { values[name] ?? 0 }
}
