// SPDX-License-Identifier: Apache-2.0
public import Model

/// JSON Lines of `tcpwhy ports`. Field names and their order are a contract with
/// scripts: fields may be added at the end, none renamed. What was not measured
/// is null.
public enum PortsJSON {
    /// A "ports" line per key and a "range" line per destination, each ended.
    public static func interval(_ interval: PortsInterval, sort: PortsSort = .search) -> [UInt8] {
        var buffer: [UInt8] = []
        for row in PortsRow.all(of: interval, by: sort) { write(row, of: interval, to: &buffer) }
        let ranges = interval.ranges.sorted { $0.destination.precedes($1.destination) }
        for range in ranges { write(range, of: interval, to: &buffer) }
        return buffer
    }

    /// The last line: totals of the whole run, last snapshot minus first. `connects`
    /// are those in a row; with `not_attributed` they make up all.
    public static func summary(_ run: PortsInterval) -> [UInt8] {
        let totals = PortsTotals(run)
        var buffer: [UInt8] = []
        var line = JSONLine(kind: "summary", in: &buffer)
        line.integer("connects", totals.connects.connects)
        line.failures("failed", totals.connects.failed)
        line.integer("not_attributed", run.loss.notAttributed)
        line.losses(run.loss)
        line.string("backend", run.backend.rawValue)
        line.time("time", seconds: run.wallTime)
        line.number("duration_s", run.duration)
        line.integer("abandoned", totals.connects.abandoned)
        line.integer("bound", totals.connects.bound)
        line.integer("reused", run.backend == .tracepoint ? nil : totals.connects.reused)
        line.integer("untimed", totals.connects.untimed)
        line.integer("unknown", totals.connects.unknown)
        line.integer("binds", totals.binds.connects)
        line.failures("binds_failed", totals.binds.failed)
        line.integer("binds_unknown", totals.binds.unknown)
        line.end(in: &buffer)
        return buffer
    }

    private static func write(
        _ row: PortsRow, of interval: PortsInterval, to buffer: inout [UInt8]
    ) {
        let key = row.key
        let stats = row.stats
        var line = JSONLine(kind: "ports", in: &buffer)
        line.time("time", seconds: interval.wallTime)
        line.number("interval_s", interval.duration)
        line.integer("pid", key.isOverflow ? nil : key.pid)
        line.string("comm", key.command.text)
        line.integer("netns", key.isOverflow ? nil : key.netns)
        line.string("family", key.isOverflow ? nil : key.family.rawValue)
        line.address("destination", key.isOverflow ? nil : key.destination)
        line.integer("port", key.isOverflow ? nil : key.port)
        line.integer("connects", stats.connects)
        line.failures("failed", stats.failed)
        line.distribution("search_ns", stats.search)
        line.tried("ports_tried", row.tried)
        line.string("backend", interval.backend.rawValue)
        line.string("call", key.isOverflow ? nil : key.kind.rawValue)
        line.address("source", key.isOverflow ? nil : key.source)
        line.integer("abandoned", stats.abandoned)
        line.integer("bound", stats.bound)
        line.integer("reused", stats.reused)
        line.distribution("call_ns", stats.call.isEmpty ? nil : stats.call)
        line.integer("untimed", stats.untimed)
        line.integer("unknown", stats.unknown)
        line.number(
            "search_cpu_share",
            stats.search.flatMap { search in
                interval.duration > 0 ? Double(search.sum) / (interval.duration * 1e9) : nil
            })
        line.integer("checks", stats.triedMethod == .counted ? stats.checks : nil)
        line.string("search_scope", interval.backend == .tracepoint ? "failed" : "all")
        line.end(in: &buffer)
    }

    private static func write(
        _ range: PortRange, of interval: PortsInterval, to buffer: inout [UInt8]
    ) {
        var line = JSONLine(kind: "range", in: &buffer)
        line.time("time", seconds: interval.wallTime)
        line.number("interval_s", interval.duration)
        line.integer("netns", range.destination.netns)
        line.string("family", range.destination.address.family.rawValue)
        line.address("destination", range.destination.address)
        line.integer("port", range.destination.port)
        line.integer("low", range.low)
        line.integer("high", range.high)
        line.integer("reserved", range.reserved)
        line.integer("in_use", range.inUse)
        line.integer("time_wait", range.timeWait)
        line.integer("bound", range.bound)
        line.integer("size", range.size)
        line.integer("available", range.available)
        line.bool("reuses_time_wait", range.reusesTimeWait)
        line.integer("recycled", range.recycled)
        line.number("expected_tried", range.expectedTried, decimals: 3)
        line.number("age_s", range.age, decimals: 1)
        line.end(in: &buffer)
    }
}
