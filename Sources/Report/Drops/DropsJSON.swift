// SPDX-License-Identifier: Apache-2.0
public import Model

/// JSON Lines of `tcpwhy drops`. Field names and their order are a contract with
/// scripts: fields may be added at the end, none renamed. What was not measured
/// is null.
public enum DropsJSON {
    /// A "listener" line per listening socket, each ended; also for those that lost
    /// nothing, since their queues are of interest, too. Then a "drop" line per kind of
    /// packet that was dropped, and a "conntrack" line per namespace that tracks connections.
    public static func interval(_ interval: DropsInterval) -> [UInt8] {
        var buffer: [UInt8] = []
        for row in DropsRow.all(of: interval) { write(row, of: interval, to: &buffer) }
        for row in PacketTable.sorted(interval.packets ?? [:]) { write(row, of: interval, to: &buffer) }
        writeStacks(of: interval, to: &buffer)
        for (netns, table) in interval.conntrack.sorted(by: { $0.key < $1.key }) {
            write(table, of: netns, interval, to: &buffer)
        }
        return buffer
    }

    /// The last line: totals of the whole run, last snapshot minus first. `listen_drops`
    /// are those of a socket; with `not_attributed` they make up the kernel's.
    public static func summary(_ run: DropsInterval) -> [UInt8] {
        let total = run.backend == .tracepoint ? nil : run.total
        var buffer: [UInt8] = []
        var line = JSONLine(kind: "summary", in: &buffer)
        line.integer("listen_drops", total?.listenDrops)
        line.integer("listen_overflows", total?.listenOverflows)
        line.object("tcpext") { line in
            line.integer("ListenDrops", run.counters.listenDrops)
            line.integer("ListenOverflows", run.counters.listenOverflows)
            line.integer("TCPReqQFullDrop", run.counters.requestQueueFullDrops)
            line.integer("TCPReqQFullDoCookies", run.counters.requestQueueFullCookies)
            line.integer("TCPTimeWaitOverflow", run.counters.timeWaitOverflows)
            line.integer("TCPAbortOnMemory", run.counters.abortsOnMemory)
            line.integer("TCPMemoryPressures", run.counters.memoryPressures)
        }
        line.integer("not_attributed", run.notAttributed)
        line.losses(run.loss)
        line.string("backend", run.backend.rawValue)
        line.time("time", seconds: run.wallTime)
        line.number("duration_s", run.duration)
        line.integer("req_queue_full_drop", total?.requestQueueFullDrops)
        line.integer("req_queue_full_cookies", total?.requestQueueFullCookies)
        line.causes("causes", total)
        line.integer("events_suppressed", run.loss.suppressed)
        line.end(in: &buffer)
        return buffer
    }

    /// Appends a "loss" line, ended, for `--events --json`.
    public static func write(_ loss: ListenLoss, clock: WallClock, to buffer: inout [UInt8]) {
        var line = JSONLine(kind: "loss", in: &buffer)
        line.time("time", milliseconds: clock.milliseconds(of: loss.time))
        line.integer("netns", loss.netns)
        line.string("cause", loss.cause.jsonName)
        line.bool("drop", loss.cause.isDrop)
        line.address("address", loss.local)
        line.integer("port", loss.localPort)
        line.address("peer", loss.remote)
        line.integer("peer_port", loss.remote == nil ? nil : loss.remotePort)
        line.integer("accept_queue", loss.acceptQueue)
        line.integer("backlog", loss.backlog)
        line.integer("syn_queue", loss.synQueue)
        line.integer("inode", loss.inode == 0 ? nil : loss.inode)
        line.end(in: &buffer)
    }

    private static func write(
        _ table: Conntrack, of netns: UInt32, _ interval: DropsInterval, to buffer: inout [UInt8]
    ) {
        var line = JSONLine(kind: "conntrack", in: &buffer)
        line.integer("netns", netns)
        line.integer("count", table.count)
        line.integer("max", table.maximum)
        line.integer("full", table.full)
        line.integer("insert_failed", table.insertFailed)
        line.integer("early_drop", table.earlyDrop)
        line.time("time", seconds: interval.wallTime)
        line.number("interval_s", interval.duration)
        line.string("backend", table.backend?.rawValue ?? "counter")
        line.end(in: &buffer)
    }

    private static func write(
        _ row: PacketTable.Row, of interval: DropsInterval, to buffer: inout [UInt8]
    ) {
        let packet = row.packet
        var line = JSONLine(kind: "drop", in: &buffer)
        line.string("reason", packet.reason)
        line.string("location", packet.location)
        line.string("protocol", packet.transport)
        line.integer("port", packet.port)
        line.integer("count", row.count)
        line.string("class", packet.kind.rawValue)
        line.integer("netns", packet.netns)
        line.time("time", seconds: interval.wallTime)
        line.number("interval_s", interval.duration)
        line.end(in: &buffer)
    }

    private static func write(
        _ row: DropsRow, of interval: DropsInterval, to buffer: inout [UInt8]
    ) {
        let listener = row.listener
        let state = row.state
        var line = JSONLine(kind: "listener", in: &buffer)
        line.time("time", seconds: interval.wallTime)
        line.number("interval_s", interval.duration)
        line.integer("netns", listener.netns)
        line.string("family", listener.address.family.rawValue)
        line.address("address", listener.address)
        line.integer("port", listener.port)
        line.integers("pid", row.owners.lazy.map(\.pid))
        line.string("comm", row.owners.first?.command)
        line.integer("backlog", state.queues?.backlog)
        line.integer("accept_queue", state.queues?.acceptQueue)
        line.causes("causes", state.drops)
        line.integer("listen_drops", state.drops?.listenDrops)
        line.integer("listen_overflows", state.drops?.listenOverflows)
        line.integer("sk_drops", state.socketDrops)
        // No probe measures how long a connection waits for accept.
        line.null("wait_ns")
        line.string("backend", interval.backend.rawValue)
        line.integer("syn_queue", state.queues?.synQueue)
        line.integer("syn_queue_young", state.queues?.young)
        line.integers("fd", row.owners.lazy.map(\.descriptor))
        line.integer("inode", listener.inode == 0 ? nil : listener.inode)
        line.bool("dual_stack", listener.isDualStack)
        line.bool("reuseport", listener.isReusePort)
        line.bool("closed", state.isClosed)
        line.integer("cgroup", listener.cgroup)
        line.end(in: &buffer)
    }
}

extension JSONLine {
    /// Counts by cause, each of them also if it is 0. Null if the backend sees none.
    fileprivate mutating func causes(_ name: String, _ drops: ListenDrops?) {
        guard let drops else { return null(name) }
        object(name) { line in
            for cause in ListenCause.jsonOrder { line.integer(cause.jsonName, drops[cause]) }
        }
    }
}
