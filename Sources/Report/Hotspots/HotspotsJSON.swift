// SPDX-License-Identifier: Apache-2.0
public import Model

/// JSON Lines of `tcpwhy hotspots`. Field names and their order are a contract with
/// scripts: fields may be added at the end, none renamed. What was not measured is null.
public enum HotspotsJSON {
    /// A "function" line per function, one of "port_allocation", and a "cpu" line per CPU, each ended.
    public static func interval(_ interval: HotspotsInterval, sort: HotspotsSort = .own) -> [UInt8] {
        var buffer: [UInt8] = []
        for row in HotspotsRow.all(of: interval.counts, by: sort) {
            var line = JSONLine(kind: "function", in: &buffer)
            line.function(row, of: interval)
            line.times(of: interval)
            line.end(in: &buffer)
        }
        var line = JSONLine(kind: "port_allocation", in: &buffer)
        line.allocation(of: interval)
        line.times(of: interval)
        line.end(in: &buffer)
        for (cpu, time) in interval.cpus.sorted(by: { $0.key < $1.key }) {
            var line = JSONLine(kind: "cpu", in: &buffer)
            line.integer("cpu", cpu)
            line.shares(of: time)
            line.times(of: interval)
            line.end(in: &buffer)
        }
        return buffer
    }

    /// The last line: totals of the whole run.
    /// - Parameter top: functions to list at most.
    public static func summary(_ run: HotspotsInterval, sort: HotspotsSort = .own, top: Int = 20) -> [UInt8] {
        var buffer: [UInt8] = []
        var line = JSONLine(kind: "summary", in: &buffer)
        line.integer("samples", run.samples)
        line.object("lost") { line in
            line.integer("unplaced", run.loss.unplaced)
            line.integer("without_stack", run.loss.withoutStack)
        }
        line.integer("truncated", run.loss.truncated)
        line.integer("unnamed", run.counts.unnamed)
        line.string("clock", run.sampling.clock)
        line.integer("frequency", run.sampling.frequency)
        line.integer("cpus", run.sampling.cpus)
        line.time("time", seconds: run.wallTime)
        line.number("duration_s", run.duration)
        line.number("busy", run.busyShare)
        line.object("port_allocation") { $0.allocation(of: run) }
        line.object("cpu") { $0.shares(of: run.cpus.total) }
        line.objects("functions", HotspotsRow.all(of: run.counts, by: sort).prefix(max(top, 0))) {
            line, row in
            line.function(row, of: run)
        }
        line.end(in: &buffer)
        return buffer
    }
}

extension JSONLine {
    fileprivate mutating func times(of interval: HotspotsInterval) {
        time("time", seconds: interval.wallTime)
        number("interval_s", interval.duration)
    }

    fileprivate mutating func function(_ row: HotspotsRow, of interval: HotspotsInterval) {
        string("symbol", row.name.symbol)
        string("module", row.name.module)
        number("self", interval.share(row.count.own))
        number("total", interval.share(row.count.total))
        integer("samples", row.count.total)
        integer("self_samples", row.count.own)
        string("mode", row.name.isKernel ? "kernel" : "user")
    }

    fileprivate mutating func allocation(of interval: HotspotsInterval) {
        let counts = interval.counts
        let isKnown = counts.knowsKernel
        number("share", interval.searchShare)
        number("exact_share", interval.exactShare)
        switch interval.search {
        case .measured(let nanoseconds, let missed, let backend):
            string("backend", backend.rawValue)
            integer("search_ns", nanoseconds)
            integer("missed", missed)
            null("not_timed")
        case .unknown(let reason):
            null("backend")
            null("search_ns")
            null("missed")
            string("not_timed", reason)
        }
        integer("samples", isKnown ? counts.search : nil)
        integer("all_samples", interval.samples)
        number("busy", interval.busyShare)
        objects("functions", PortFunction.allCases) { line, function in
            let count = counts.allocation[function] ?? FunctionCount()
            line.string("symbol", function.rawValue)
            line.number("self", isKnown ? interval.share(count.own) : nil)
            line.number("total", isKnown ? interval.share(count.total) : nil)
            line.integer("samples", isKnown ? count.total : nil)
            line.integer("self_samples", isKnown ? count.own : nil)
        }
    }

    fileprivate mutating func shares(of time: CPUTime) {
        number("user", time.share(time.user))
        number("system", time.share(time.system))
        number("softirq", time.share(time.softirq))
        number("irq", time.share(time.irq))
        number("iowait", time.share(time.iowait))
        number("idle", time.share(time.idle))
        number("nice", time.share(time.nice))
        number("steal", time.share(time.steal))
    }
}
