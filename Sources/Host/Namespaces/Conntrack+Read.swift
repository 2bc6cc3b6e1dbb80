// SPDX-License-Identifier: Apache-2.0
public import Model

extension Conntrack {
    /// By the counters of the calling thread's namespace; `nil`: nothing is tracked there.
    public static func current() throws(HostError) -> Conntrack? {
        guard let table = try ConntrackTable.current() else { return nil }
        return Conntrack(
            count: UInt64(clamping: table.count), maximum: table.maximum.map { UInt64(clamping: $0) },
            full: table.statistics?.drop, insertFailed: table.statistics?.insertFailed,
            earlyDrop: table.statistics?.earlyDrop)
    }
}
