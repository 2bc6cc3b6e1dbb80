// SPDX-License-Identifier: Apache-2.0
import Host
import Model

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
