// SPDX-License-Identifier: Apache-2.0
import Testing

extension Trace.Summary {
    /// What a missed probe may have kept out of the rows.
    var doubt: Int { lost.missed + unknown + bindsUnknown }
}

/// Counts by the load itself and by tcpwhy: the same, but for what tcpwhy says it
/// missed.
/// - Parameter mapped: whether there are connects to IPv4 by IPv6 sockets. They pass
///   two functions; a miss at the outer one alone is said, too, but loses nothing.
func expect(
    _ trace: Trace, has loads: [Load.Result], mapped: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let summary = trace.summary
    let most = summary.connects + summary.notAttributed
    let least = mapped ? summary.connects : most
    #expect((least...most).contains(loads.connects), sourceLocation: sourceLocation)
    #expect(
        trace.rows.connects.reduce(0) { $0 + $1.connects } == summary.connects, sourceLocation: sourceLocation
    )
    expectFailures(summary.failed, loads.failed, doubt: summary.doubt, sourceLocation: sourceLocation)
    var failed: [String: Int] = [:]
    for row in trace.rows.connects { failed.merge(row.failed) { $0 + $1 } }
    #expect(failed == summary.failed, sourceLocation: sourceLocation)
    #expect(summary.lost.map == 0 && summary.lost.ring == 0, sourceLocation: sourceLocation)
}

func expectFailures(
    _ seen: [String: Int], _ truth: [String: Int], doubt: Int,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    if doubt == 0 {
        #expect(seen == truth, sourceLocation: sourceLocation)
        return
    }
    for name in Set(seen.keys).union(truth.keys) {
        let seen = seen[name] ?? 0
        let range = seen...seen + doubt
        #expect(range.contains(truth[name] ?? 0), "\(name)", sourceLocation: sourceLocation)
    }
}

extension [Trace.Row] {
    var connects: [Trace.Row] { filter { $0.call == "connect" } }
    var binds: [Trace.Row] { filter { $0.call == "bind" } }
}
