// SPDX-License-Identifier: Apache-2.0
public import Model

/// JSON Lines of `tcpwhy listeners`: the lines of `tcpwhy drops`, with what went
/// through the accept queues filled in.
public enum ListenersJSON {
    /// A "listener" line per listening socket, each ended.
    public static func interval(_ interval: DropsInterval) -> [UInt8] {
        var buffer: [UInt8] = []
        for row in DropsRow.byFullness(of: interval) { ListenerLine.write(row, of: interval, to: &buffer) }
        return buffer
    }

    /// The last line: totals of the whole run, last snapshot minus first.
    public static func summary(_ run: DropsInterval) -> [UInt8] {
        let total = run.totalAccepted
        var buffer: [UInt8] = []
        var line = JSONLine(kind: "summary", in: &buffer)
        line.totals(of: run)
        line.integer("accepts", total?.accepts)
        line.integer("arrivals", total?.arrivals)
        line.integer("accepts_not_attributed", total.map { _ in run.loss.notAttributed })
        line.distribution("wait_ns", total?.wait)
        line.depth("depth_seen", total?.depthSeen)
        line.end(in: &buffer)
        return buffer
    }
}
