// SPDX-License-Identifier: Apache-2.0
import Model

/// Sockets of the same owners are told of once: by the one at which most wait.
enum QueueGroups {
    static func busiest(_ queues: [AcceptQueue]) -> [AcceptQueue] {
        Dictionary(grouping: queues, by: \.owner.pids).values
            .compactMap { group in group.max { rank($0) < rank($1) } }
            .sorted { ($0.listener.port, $0.listener.inode) < ($1.listener.port, $1.listener.inode) }
    }

    private static func rank(_ queue: AcceptQueue) -> (Double, UInt64, UInt16) {
        (queue.meanDepth ?? 0, queue.overflows, .max - queue.listener.port)
    }
}

extension AcceptQueue {
    /// What it costs that nobody takes what waits: by Little's law as many seconds of waiting in
    /// each second as connections wait. Where nothing is accepted, the waits have not ended.
    func impact(_ seen: Observation) -> Impact {
        let failed = seen.rate(state.drops?[.acceptQueueFullReset] ?? 0)
        let lost = max(seen.rate(overflows) - failed, 0)
        if let accepts = acceptsPerSecond, accepts > 0 {
            return Impact(
                failed: failed, delayed: accepts + lost, share: state.accepted == nil ? nil : 1,
                delay: state.accepted?.wait.mean.map { UInt64($0) })
        }
        return Impact(failed: failed, delayed: (meanDepth ?? 0) + lost, share: nil, delay: 1_000_000_000)
    }
}
