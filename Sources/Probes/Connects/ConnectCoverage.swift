// SPDX-License-Identifier: Apache-2.0
import Host
public import Model

/// What the chosen programs can and cannot see.
public struct ConnectCoverage: Sendable, Hashable {
    public var backend: Backend
    /// How ports tried are found out; `nil`: not at all.
    public var method: PortMethod?
    /// Whether bind(0) is traced.
    public var bind: Bool
    /// Whether a search in a socket's IP_LOCAL_PORT_RANGE takes every port in turn
    /// (6.8) instead of every second one first.
    public var ownRangesInTurn = false
    /// Whether taking over a TIME_WAIT socket shows per connect.
    public var reuse: Bool { backend != .tracepoint }
    /// Whether the time of a search that found a port is measured; of one that
    /// found none it always is.
    public var successfulSearch: Bool { backend != .tracepoint }
    /// Whether connects to Unix sockets whose queue is full are counted.
    public var fullUnixSockets = false
    /// What was tried before and refused, and why.
    public var refused: [String] = []

    package init(backend: Backend, method: PortMethod?, bind: Bool, refused: [String] = []) {
        self.backend = backend
        self.method = method
        self.bind = bind
        self.refused = refused
    }
}

/// How the ports that a search tried can be found out here.
public enum PortCounting {
    case derived(table: UInt64)
    case counted
    case none

    /// `CONFIG_INET_TABLE_PERTURB_ORDER` is 16 unless somebody built otherwise;
    /// then no derived count would be confirmed, and the output says so.
    static let perturbMask: UInt32 = (1 << 16) - 1

    /// Whether the kernel shows where its `table_perturb` is.
    public static var canDerive: Bool { table != nil }

    static func choose(_ backend: Backend, countCalls: Bool) -> PortCounting {
        guard backend != .tracepoint else { return .none }
        if countCalls { return .counted }
        return table.map { .derived(table: $0) } ?? .counted
    }

    private static var table: UInt64? {
        try? KernelPlaces.symbols().address(of: KernelPlaces.tablePerturb)
    }
}
