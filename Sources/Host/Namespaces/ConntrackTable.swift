// SPDX-License-Identifier: Apache-2.0
import Glibc
public import Model

/// The tracked connections of a network namespace: in a full table a new
/// connection's first packet is dropped before any listener sees it.
public struct ConntrackTable: Sendable, Hashable {
    /// How many there are.
    public var count: Int
    /// `nf_conntrack_max`; `nil`: no limit, which the kernel writes as 0. In newer
    /// kernels the first namespace's limit, if lower, holds in every other, too
    /// (`nf_conntrack_max()`, include/net/netfilter/nf_conntrack.h).
    public var maximum: Int?
    /// `nil`: the kernel was built without (CONFIG_NF_CONNTRACK_PROCFS).
    public var statistics: ConntrackStatistics?

    public init(count: Int, maximum: Int?, statistics: ConntrackStatistics? = nil) {
        self.count = count
        self.maximum = maximum
        self.statistics = statistics
    }

    /// Of the calling thread's namespace; `nil`: this kernel tracks none, as
    /// nf_conntrack is not there or not loaded.
    public static func current() throws(HostError) -> ConntrackTable? {
        guard
            let count = try ifThere({ () throws(HostError) in
                try Sysctl.integer("net.netfilter.nf_conntrack_count")
            })
        else { return nil }
        let maximum = try Sysctl.integer("net.netfilter.nf_conntrack_max")
        return ConntrackTable(
            count: count, maximum: maximum == 0 ? nil : maximum,
            statistics: try ConntrackStatistics.current())
    }
}

/// What became of the connections to track, in all and of all CPUs.
public struct ConntrackStatistics: Sendable, Hashable {
    /// The namespace's entries when it was read.
    public let entries: UInt64
    /// By the kernel's name. Some names have outlived what they counted and are
    /// always 0: `new`, `ignore`, `delete`, `delete_list` (`ct_cpu_seq_show`,
    /// net/netfilter/nf_conntrack_standalone.c).
    public private(set) var totals: [String: UInt64]

    public subscript(name: String) -> UInt64? { totals[name] }

    /// Connections that could not be entered, mostly because they already were:
    /// two packets raced, and one was lost.
    public var insertFailed: UInt64? { totals["insert_failed"] }
    /// Packets dropped because there was no room for their connection, or because
    /// a protocol's helper refused them.
    public var drop: UInt64? { totals["drop"] }
    /// Connections thrown out of a full table to make room for new ones.
    public var earlyDrop: UInt64? { totals["early_drop"] }

    /// Of the calling thread's namespace; `nil`: the kernel does not show them.
    public static func current() throws(HostError) -> ConntrackStatistics? {
        let path = "/proc/thread-self/net/stat/nf_conntrack"
        guard let text = try ifThere({ () throws(HostError) in try readText(path) }) else { return nil }
        guard let statistics = ConntrackStatistics(parsing: text) else {
            throw HostError("read \(path)", detail: "it is not the table that was expected")
        }
        return statistics
    }

    /// - Parameter text: a line of names, which differ between kernels (`searched`
    ///   became `clashres`, `delete_list` became `chainlength`), then a line of
    ///   hexadecimal values for each CPU. Only the first, `entries`, is not the
    ///   CPU's: it is the namespace's, on every line again.
    public init?(parsing text: String) {
        let lines = text.lines.map { $0.split(separator: " ") }
        guard let names = lines.first, names.first == "entries", lines.count > 1 else { return nil }
        var sums = [UInt64](repeating: 0, count: names.count)
        var entries: UInt64 = 0
        for line in lines.dropFirst() {
            guard line.count == names.count else { return nil }
            for (column, word) in line.enumerated() {
                guard let value = UInt32(word, radix: 16) else { return nil }
                if column == 0 { entries = UInt64(value) } else { sums[column] += UInt64(value) }
            }
        }
        self.entries = entries
        totals = Dictionary(zip(names, sums).dropFirst().map { (String($0), $1) }) { first, _ in first }
    }
}

/// What `read` gives; `nil`: there is no such file.
private func ifThere<Value>(_ read: () throws(HostError) -> Value) throws(HostError) -> Value? {
    do throws(HostError) {
        return try read()
    } catch {
        if error.errno == ENOENT { return nil }
        throw error
    }
}

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
