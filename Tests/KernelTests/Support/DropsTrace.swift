// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What one run of `tcpwhy drops --json` printed.
struct DropsTrace {
    /// A line of kind "listener".
    struct Row: Decodable {
        var netns: UInt32
        var family, address: String
        var port: UInt16
        var pid: [UInt32]
        var comm: String?
        var backlog, acceptQueue: Int?
        var causes: [String: Int]?
        var listenDrops, listenOverflows, skDrops: Int?
        var backend: String
        var synQueue, synQueueYoung: Int?
        var fd: [UInt32]
        var inode: UInt32?
        var dualStack, reuseport, closed: Bool
        var peers: [Peer]
        var peersOther: Int?
        var cgroup: UInt64?
    }

    struct Peer: Decodable {
        var address: String
        var count: Int
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

    /// A line of kind "drop_stack".
    struct Stack: Decodable {
        var reason: String?
        var stack: [String]?
        var count: Int
        var location: String
    }

    /// A line of kind "conntrack".
    struct Conntrack: Decodable {
        var netns: UInt32
        var count, max, full, insertFailed, earlyDrop: Int?
        var backend: String
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
        var missedByProbe: [String: Int]

        /// Packets freed in an interrupt of the very program that counts them.
        var packetsMissed: Int { missedByProbe["btf_dropped"] ?? 0 }
        var backend: String
        var durationS: Double
        var reqQueueFullDrop, reqQueueFullCookies: Int?
        var causes: [String: Int]?
    }

    /// Of every interval.
    let rows: [Row]
    let packets: [Packet]
    let stacks: [Stack]
    let conntrack: [Conntrack]
    /// The first of them: to decode them all takes an emulator minutes.
    let losses: [Loss]
    let lossCount: Int
    let summary: Summary

    init(_ output: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var rows: [Row] = []
        var packets: [Packet] = []
        var stacks: [Stack] = []
        var conntrack: [Conntrack] = []
        var losses: [Loss] = []
        var lossCount = 0
        var summaries: [Summary] = []
        for line in output.lines {
            switch line.kind {
            case "l" where line.starts(with: Data("{\"kind\":\"loss\"".utf8)):
                lossCount += 1
                if lossCount <= 500 { losses.append(try decoder.decode(Loss.self, from: line)) }
            case "l": rows.append(try decoder.decode(Row.self, from: line))
            case "d" where line.starts(with: Data("{\"kind\":\"drop_stack\"".utf8)):
                stacks.append(try decoder.decode(Stack.self, from: line))
            case "d": packets.append(try decoder.decode(Packet.self, from: line))
            case "c": conntrack.append(try decoder.decode(Conntrack.self, from: line))
            case "s": summaries.append(try decoder.decode(Summary.self, from: line))
            default: throw TestFailure("unknown line: \(String(decoding: line, as: UTF8.self))")
            }
        }
        guard let summary = summaries.first, summaries.count == 1, output.lines.last?.kind == "s" else {
            throw TestFailure("\(summaries.count) summaries, or not at the end")
        }
        self.rows = rows
        self.packets = packets
        self.stacks = stacks
        self.conntrack = conntrack
        self.losses = losses
        self.lossCount = lossCount
        self.summary = summary
    }
}

/// A cause by its name in JSON.
enum Cause: String, CaseIterable {
    case acceptQueueFullSYN = "accept_queue_full_syn"
    case acceptQueueFullACK = "accept_queue_full_ack"
    case acceptQueueFullReset = "accept_queue_full_reset"
    case synQueueFull = "syn_queue_full"
    case synCookieSent = "syn_cookie_sent"
    case cookieAcceptQueueFull = "cookie_accept_queue_full"
    case lastQuarter = "last_quarter"
    case noMemory = "no_memory"
    case noRoute = "no_route"
    case deferredAccept = "deferred_accept"
    case icmpError = "icmp_error"
    case other

    /// By how much it adds to ListenDrops.
    var drops: Int { self == .synCookieSent || self == .deferredAccept ? 0 : 1 }

    /// By how much it adds to ListenOverflows.
    var overflows: Int {
        switch self {
        case .acceptQueueFullSYN, .acceptQueueFullACK, .acceptQueueFullReset, .cookieAcceptQueueFull: 1
        default: 0
        }
    }

    /// By how much it adds to the socket's own counter: the last ACK of a handshake
    /// counts as a dropped connection and again as a dropped packet.
    var socketDrops: Int {
        switch self {
        case .synCookieSent: 0
        case .acceptQueueFullACK, .acceptQueueFullReset: 2
        default: 1
        }
    }
}

extension [String: Int] {
    subscript(cause: Cause) -> Int { self[cause.rawValue] ?? 0 }

    func sum(_ weight: (Cause) -> Int) -> Int {
        Cause.allCases.reduce(0) { $0 + self[$1] * weight($1) }
    }

    /// Those that are not 0.
    var occurred: [String: Int] { filter { $0.value != 0 } }
}
