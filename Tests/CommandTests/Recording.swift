// SPDX-License-Identifier: Apache-2.0
import Collector
import Model

/// Snapshots that were taken before: no kernel is traced for them.
struct Recording: SnapshotSource {
    var updates: [Update]
    /// Handed over with the next update of events.
    var events: [TraceEvent] = []

    mutating func next(_ take: (TraceEvent) throws -> Void) throws -> Update? {
        guard !updates.isEmpty else { return nil }
        let update = updates.removeFirst()
        if case .events = update { for event in events { try take(event) } }
        return update
    }
}
