// SPDX-License-Identifier: Apache-2.0
import Model

/// What a trace did not see, in the words of a command.
struct LossText {
    /// The whole line if nothing was lost.
    var nothing: String
    /// Before the losses.
    var lead: String
    /// After the numbers.
    var table: String
    var attempt: String
    var notAttributed: String

    static let ports = LossText(
        nothing: "no losses", lead: "lost: ",
        table: "connects only in \(PortsText.others) (table full)",
        attempt: "connects not timed (table of attempts full)",
        notAttributed: "connects not attributed")

    /// What is lost there is connections, so that it says whose loss this is.
    static let drops = LossText(
        nothing: "the trace lost nothing", lead: "the trace lost: ",
        table: "drops of no listener (table full)",
        attempt: "drops without a cause (table of calls full)",
        notAttributed: "drops not attributed")

    static let listeners = LossText(
        nothing: drops.nothing, lead: drops.lead,
        table: "arrivals or drops of no listener (table full)",
        attempt: "accepts of no known listener",
        notAttributed: "accepts not attributed")

    /// Of all traces together.
    static let diagnosis = LossText(
        nothing: drops.nothing, lead: drops.lead, table: "connects, arrivals or drops in no row (table full)",
        attempt: "connects not timed or accepts of no known listener",
        notAttributed: "connects not attributed")

    /// Only what was lost, each kind on its own.
    func line(_ loss: Loss) -> String {
        if loss.isEmpty { return nothing }
        var parts: [String] = []
        if loss.ring > 0 { parts.append("\(Units.exact(loss.ring)) events (ring full)") }
        if loss.suppressed > 0 {
            parts.append("\(Units.exact(loss.suppressed)) events suppressed (too many at once)")
        }
        if loss.table > 0 { parts.append("\(Units.exact(loss.table)) \(table)") }
        if loss.attempt > 0 { parts.append("\(Units.exact(loss.attempt)) \(attempt)") }
        if loss.missedTotal > 0 {
            let probes = loss.missed.filter { $0.value > 0 }.sorted { $0.key < $1.key }
                .map { "\($0.key) \(Units.exact($0.value))" }
            parts.append("\(Units.exact(loss.missedTotal)) probe misses (\(probes.joined(separator: ", ")))")
        }
        if loss.notAttributed > 0 {
            parts.append("\(Units.exact(loss.notAttributed)) \(notAttributed)")
        }
        return lead + parts.joined(separator: ", ")
    }
}
