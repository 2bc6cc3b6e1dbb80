// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// What listening sockets of a namespace lost, by the kernel's own counters.
struct Losses: Equatable {
    var drops, overflows, queueFullDrops, queueFullCookies, deferred, resets: Int

    init(of namespace: Namespace) throws {
        func counter(_ name: String) throws -> Int { try namespace.counter("TcpExt", name) }
        drops = try counter("ListenDrops")
        overflows = try counter("ListenOverflows")
        queueFullDrops = try counter("TCPReqQFullDrop")
        queueFullCookies = try counter("TCPReqQFullDoCookies")
        deferred = try counter("TCPDeferAcceptDrop")
        resets = try counter("EmbryonicRsts")
    }

    /// Once nothing more comes.
    init(atRestIn namespace: Namespace) throws {
        var last = try Losses(of: namespace)
        let rests = try Lab.wait {
            usleep(100_000)
            let now = try Losses(of: namespace)
            defer { last = now }
            return now == last
        }
        guard rests else { throw TestFailure("the losses do not come to an end") }
        self = last
    }

    static func - (later: Losses, earlier: Losses) -> Losses {
        var result = later
        for path in [
            \Losses.drops, \.overflows, \.queueFullDrops, \.queueFullCookies, \.deferred, \.resets,
        ] {
            result[keyPath: path] -= earlier[keyPath: path]
        }
        return result
    }

    /// Whether tcpwhy has read the same.
    func isThat(of summary: DropsTrace.Summary) -> Bool {
        tcpext.allSatisfy { summary.tcpext[$0.key] == $0.value }
    }

    var tcpext: [String: Int] {
        [
            "ListenDrops": drops, "ListenOverflows": overflows, "TCPReqQFullDrop": queueFullDrops,
            "TCPReqQFullDoCookies": queueFullCookies,
        ]
    }
}

/// One trace of a namespace, and what the kernel counted meanwhile.
struct DropsRun {
    let trace: DropsTrace
    let truth: Losses

    /// Traces what `body` does, which must be over when it returns.
    init(
        _ backend: Backend, _ arguments: [String] = [], in namespace: Namespace, _ body: () throws -> Void
    ) throws {
        let tracer = try Tracer.drops(backend, arguments + ["--netns", namespace.name])
        let before = try Losses(of: namespace)
        try body()
        truth = try Losses(atRestIn: namespace) - before
        trace = try tracer.finishDrops()
    }

    /// The only line of a port, in a trace with one interval.
    func row(_ port: UInt16, sourceLocation: SourceLocation = #_sourceLocation) throws -> DropsTrace.Row {
        let rows = trace.rows.filter { $0.port == port }
        #expect(rows.count == 1, sourceLocation: sourceLocation)
        return try #require(rows.first, sourceLocation: sourceLocation)
    }
}

/// Everything that the kernel counted belongs to a socket, and every number agrees
/// with every other.
func expect(
    _ trace: DropsTrace, has truth: Losses, sourceLocation: SourceLocation = #_sourceLocation
) {
    let summary = trace.summary
    func same<Value: Equatable>(_ value: Value, _ other: Value, _ what: Comment) {
        #expect(value == other, what, sourceLocation: sourceLocation)
    }
    same(truth.isThat(of: summary), true, "\(truth.tcpext) and \(summary.tcpext)")
    same(summary.lost.map, 0, "table full")
    // Softirqs, where connections are lost, are not preempted; other packets' ends are.
    same(summary.missedByProbe.filter { $0.key != "btf_dropped" }, [:], "missed")
    guard let causes = summary.causes else {
        same(summary.backend, "tracepoint", "who sees no causes")
        same(summary.listenDrops, nil, "listen_drops")
        same(summary.listenOverflows, nil, "listen_overflows")
        same(summary.notAttributed, nil, "not_attributed")
        same(summary.reqQueueFullDrop, nil, "req_queue_full_drop")
        same(summary.reqQueueFullCookies, nil, "req_queue_full_cookies")
        for row in trace.rows {
            #expect(
                row.causes == nil && row.listenDrops == nil && row.listenOverflows == nil,
                sourceLocation: sourceLocation)
        }
        return
    }
    let rows = trace.rows
    func sum(_ value: (DropsTrace.Row) -> Int?) -> Int { rows.reduce(0) { $0 + (value($1) ?? 0) } }
    same(sum(\.listenDrops), truth.drops, "ListenDrops of all sockets")
    same(sum(\.listenOverflows), truth.overflows, "ListenOverflows of all sockets")
    same(summary.listenDrops, truth.drops, "ListenDrops")
    same(summary.listenOverflows, truth.overflows, "ListenOverflows")
    same(summary.reqQueueFullDrop, truth.queueFullDrops, "TCPReqQFullDrop")
    same(summary.reqQueueFullCookies, truth.queueFullCookies, "TCPReqQFullDoCookies")
    same(summary.notAttributed, 0, "not_attributed")
    same(causes[.deferredAccept], truth.deferred, "TCPDeferAcceptDrop")
    same(causes[.synQueueFull], truth.queueFullDrops, "SYN queue full")
    for cause in Cause.allCases {
        same(sum { $0.causes?[cause] }, causes[cause], "\(cause)")
    }
    same(causes.count, Cause.allCases.count, "causes by name")
    for row in rows {
        guard let causes = row.causes else {
            Issue.record("no causes", sourceLocation: sourceLocation)
            continue
        }
        same(causes.sum(\.drops), row.listenDrops!, "causes and ListenDrops of port \(row.port)")
        same(causes.sum(\.overflows), row.listenOverflows!, "causes and ListenOverflows of port \(row.port)")
    }
    expectSocketDrops(trace, truth, sourceLocation: sourceLocation)
}

/// The sockets' own counters are what the causes add up to, and one more for each
/// reset that ended a handshake: by a client that closed in its midst, on the CPU that
/// had its ACK (tcpload -c). A socket that is closed cannot be asked any more.
private func expectSocketDrops(_ trace: DropsTrace, _ truth: Losses, sourceLocation: SourceLocation) {
    guard !trace.rows.contains(where: \.closed) else { return }
    var more = 0
    // Within an interval they are not read at the same moment.
    for rows in Dictionary(grouping: trace.rows, by: \.inode).values {
        let byCauses = rows.reduce(0) { $0 + ($1.causes?.sum(\.socketDrops) ?? 0) }
        let own = rows.compactMap(\.skDrops)
        #expect(own.count == rows.count, "port \(rows[0].port)", sourceLocation: sourceLocation)
        let byClients = own.reduce(0, +) - byCauses
        #expect(byClients >= 0, "sk_drops of port \(rows[0].port)", sourceLocation: sourceLocation)
        more += byClients
    }
    let byServer = trace.summary.causes?[.acceptQueueFullReset] ?? 0
    #expect(more == truth.resets - byServer, "sk_drops", sourceLocation: sourceLocation)
}
