// SPDX-License-Identifier: Apache-2.0
import Model

/// Ports tried of one row, measured or, failing that, estimated.
struct TriedFigures {
    var p50: UInt64?
    var p99: UInt64?
    /// `nil` if estimated.
    var maximum: UInt64?
    var sum: UInt64
    var method: PortMethod?
    /// Share of the searches whose figure the kernel's own state confirms. `nil` if
    /// estimated.
    var certain: Double?

    /// `nil` if nothing was measured and nothing is known of the range.
    init?(_ stats: ConnectStats, _ range: PortRange?) {
        if let tried = stats.tried {
            p50 = tried.quantile(0.5)
            p99 = tried.quantile(0.99)
            maximum = tried.isEmpty ? nil : tried.maximum
            sum = tried.sum
            method = stats.triedMethod
            certain = tried.count == 0 ? nil : Double(stats.certain) / Double(tried.count)
            return
        }
        // A connect that had its port, or failed before, searched for none.
        let searches = stats.connects.minus(stats.bound &+ stats.unsent)
        let estimate = range?.estimatedTried(connects: searches, exhausted: stats.withoutPort)
        guard let estimate else { return nil }
        p50 = estimate.p50
        p99 = estimate.p99
        sum = estimate.sum
        method = .estimated
    }

    var isEstimated: Bool { method == .estimated }
}
