// SPDX-License-Identifier: Apache-2.0
import Host
import Model

/// Frees the table of keys whose process is gone, keeping their totals: a script
/// that starts a client a hundred times a second would fill it in a minute.
struct EndedProcesses {
    /// Below this there is room enough, and each process keeps its row to the end.
    static let threshold = 1024

    /// Totals by command and destination; the pid is 0.
    private(set) var ended: [ConnectKey: ConnectStats] = [:]
    /// Connects per key at the last look.
    private var last: [ConnectKey: UInt64] = [:]

    /// The keys that were idle since the last look and whose process is gone.
    mutating func retire(from connects: [ConnectKey: ConnectStats]) -> [ConnectKey] {
        var idle: [ConnectKey] = []
        var now: [ConnectKey: UInt64] = [:]
        let isCrowded = connects.count > Self.threshold
        for (key, value) in connects {
            let activity = value.connects &+ value.failures &+ value.abandoned
            if isCrowded, !key.isOverflow, last[key] == activity,
                !Processes.exists(Int32(bitPattern: key.pid))
            {
                idle.append(key)
            } else {
                now[key] = activity
            }
        }
        last = now
        return idle
    }

    mutating func keep(_ key: ConnectKey, _ total: ConnectStats) {
        var key = key
        key.pid = 0
        ended[key, default: ConnectStats()].merge(total)
    }
}
