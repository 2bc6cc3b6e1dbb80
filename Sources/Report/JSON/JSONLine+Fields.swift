// SPDX-License-Identifier: Apache-2.0
import Model

/// Fields that several kinds of line share.
extension JSONLine {
    /// ISO 8601 in UTC with milliseconds.
    mutating func time(_ name: String, seconds: Double) {
        plain(name) { CivilTime(seconds: seconds).writeISO8601(to: &$0) }
    }

    mutating func time(_ name: String, milliseconds: Int64) {
        plain(name) { CivilTime(milliseconds: milliseconds).writeISO8601(to: &$0) }
    }

    mutating func address(_ name: String, _ address: IPAddress?) {
        guard let address else { return null(name) }
        plain(name) { $0.append(address) }
    }

    /// What the trace did not see: "lost", and "missed_by_probe" one by one.
    mutating func losses(_ loss: Loss) {
        object("lost") { line in
            line.integer("ring", loss.ring)
            line.integer("map", loss.table &+ loss.attempt)
            line.integer("missed", loss.missedTotal)
        }
        missedByProbe(loss)
    }

    mutating func missedByProbe(_ loss: Loss) {
        object("missed_by_probe") { line in
            for (probe, count) in loss.missed.sorted(by: { $0.key < $1.key }) {
                line.integer(probe, count)
            }
        }
    }
}
