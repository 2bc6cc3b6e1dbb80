// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What one run of `tcpwhy ports --json` printed.
struct Trace {
    struct Times: Decodable {
        var p50, p99, max: UInt64?
        var sum: UInt64
    }

    struct Tried: Decodable {
        var p50, p99, max: UInt64?
        var sum: UInt64
        var method: String?
        var certain: Double?
    }

    /// A line of kind "ports".
    struct Row: Decodable {
        var pid: UInt32?
        var comm: String
        var netns: UInt32?
        var family: String?
        var destination: String?
        var port: UInt16?
        var connects: Int
        var failed: [String: Int]
        var searchNs: Times?
        var callNs: Times?
        var portsTried: Tried?
        var backend: String
        var call: String?
        var source: String?
        var abandoned, bound, untimed, unknown: Int
        var reused: Int?
        var checks: Int?
    }

    /// A line of kind "range".
    struct Range: Decodable {
        var netns: UInt32
        var family, destination: String
        var port, low, high: UInt16
        var reserved, inUse, timeWait, bound, size, available: Int
        var reusesTimeWait: Bool
        var recycled: Int?
        var expectedTried: Double
    }

    /// A line of kind "connect" or "bind".
    struct Event: Decodable {
        var kind, time: String
        var pid, tid: UInt32
        var comm: String
        var netns: UInt32
        var family: String
        var source: String?
        var sourcePort: UInt16?
        var destination: String?
        var port: UInt16
        var result: String
        var searchNs: UInt64?
        var portsTried: UInt32?
        var method: String?
        var certain: Bool?
        var callNs, totalNs: UInt64?
        var bound, reused: Bool
    }

    struct Lost: Decodable {
        var ring, map, missed: Int
    }

    struct Summary: Decodable {
        var connects: Int
        var failed: [String: Int]
        var notAttributed: Int
        var lost: Lost
        var missedByProbe: [String: Int]
        var backend: String
        var abandoned, bound, untimed, unknown, binds, bindsUnknown: Int
        var reused: Int?
        var bindsFailed: [String: Int]
    }

    let rows: [Row]
    let ranges: [Range]
    let summary: Summary
    /// Number of event lines; `events` reads them.
    var eventCount: Int { eventLines.count }
    private let eventLines: [Data]

    init(_ output: Data) throws {
        var rows: [Row] = []
        var ranges: [Range] = []
        var events: [Data] = []
        var summaries: [Summary] = []
        let decoder = Self.decoder
        for line in output.lines {
            switch line.kind {
            case "c", "b": events.append(line)
            case "p": rows.append(try decoder.decode(Row.self, from: line))
            case "r": ranges.append(try decoder.decode(Range.self, from: line))
            case "s": summaries.append(try decoder.decode(Summary.self, from: line))
            default: throw TestFailure("unknown line: \(String(decoding: line, as: UTF8.self))")
            }
        }
        guard let summary = summaries.first, summaries.count == 1 else {
            throw TestFailure("\(summaries.count) summaries")
        }
        self.rows = rows
        self.ranges = ranges
        self.summary = summary
        eventLines = events
    }

    func events() throws -> [Event] {
        let decoder = Self.decoder
        return try eventLines.map { try decoder.decode(Event.self, from: $0) }
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

}

extension Data {
    /// Every line begins with its kind, whose first letter tells it.
    var kind: Character? {
        let start: StaticString = "{\"kind\":\""
        let length = start.utf8CodeUnitCount
        guard count > length else { return nil }
        return withUnsafeBytes { bytes in
            guard memcmp(bytes.baseAddress!, start.utf8Start, length) == 0 else { return nil }
            return Character(UnicodeScalar(bytes[length]))
        }
    }

    /// Quick even for a hundred megabytes.
    var lines: [Data] {
        withUnsafeBytes { bytes in
            var lines: [Data] = []
            var start = 0
            while start < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
                let found = memchr(rest.baseAddress!, Int32(UInt8(ascii: "\n")), rest.count)
                let length = found.map { UnsafeRawPointer($0) - rest.baseAddress! } ?? rest.count
                if length > 0 {
                    lines.append(Data(bytes: rest.baseAddress!, count: length))
                }
                start += length + 1
            }
            return lines
        }
    }
}
