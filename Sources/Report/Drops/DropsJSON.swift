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
        for row in DropsRow.all(of: interval) {
            ListenerLine.write(row, of: interval, to: &buffer)
        }
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
        var buffer: [UInt8] = []
        var line = JSONLine(kind: "summary", in: &buffer)
        line.totals(of: run)
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
}

extension JSONLine {
    /// What the summaries of `tcpwhy drops` and of `tcpwhy listeners` have in common.
    mutating func totals(of run: DropsInterval) {
        let total = run.backend == .tracepoint ? nil : run.total
        integer("listen_drops", total?.listenDrops)
        integer("listen_overflows", total?.listenOverflows)
        object("tcpext") { line in
            line.integer("ListenDrops", run.counters.listenDrops)
            line.integer("ListenOverflows", run.counters.listenOverflows)
            line.integer("TCPReqQFullDrop", run.counters.requestQueueFullDrops)
            line.integer("TCPReqQFullDoCookies", run.counters.requestQueueFullCookies)
            line.integer("TCPTimeWaitOverflow", run.counters.timeWaitOverflows)
            line.integer("TCPAbortOnMemory", run.counters.abortsOnMemory)
            line.integer("TCPMemoryPressures", run.counters.memoryPressures)
        }
        integer("not_attributed", run.notAttributed)
        losses(run.loss)
        string("backend", run.backend.rawValue)
        time("time", seconds: run.wallTime)
        number("duration_s", run.duration)
        integer("req_queue_full_drop", total?.requestQueueFullDrops)
        integer("req_queue_full_cookies", total?.requestQueueFullCookies)
        causes("causes", total)
        integer("events_suppressed", run.loss.suppressed)
    }

    /// Counts by cause, each of them also if it is 0. Null if the backend sees none.
    mutating func causes(_ name: String, _ drops: ListenDrops?) {
        guard let drops else { return null(name) }
        object(name) { line in
            for cause in ListenCause.jsonOrder { line.integer(cause.jsonName, drops[cause]) }
        }
    }
}
