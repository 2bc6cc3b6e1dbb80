// SPDX-License-Identifier: Apache-2.0
import Model

extension DropsRow {
    /// All listening sockets of an interval, those with the fullest accept queue first,
    /// then those that accept most.
    static func byFullness(of interval: DropsInterval) -> [DropsRow] {
        unsorted(interval).sorted { left, right in
            let (one, other) = (left.fullness, right.fullness)
            if one != other { return other < one }
            let (accepts, others) = (left.state.accepted?.accepts ?? 0, right.state.accepted?.accepts ?? 0)
            if accepts != others { return others < accepts }
            return left.listener.precedes(right.listener)
        }
    }

    /// The same without sockets that are closed and had nothing happen.
    static func alive(of interval: DropsInterval) -> [DropsRow] {
        byFullness(of: interval).filter { row in
            !row.state.isClosed || row.state.accepted?.isEmpty == false
                || row.state.drops?.isEmpty == false
        }
    }

    /// The accept queue takes one more than its limit; 1 is full.
    private var fullness: Double {
        guard let queues = state.queues else { return 0 }
        return Double(queues.acceptQueue) / (Double(queues.backlog) + 1)
    }
}
