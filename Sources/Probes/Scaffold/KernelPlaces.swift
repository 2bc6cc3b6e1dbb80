// SPDX-License-Identifier: Apache-2.0
import Host
import Synchronization

/// Where the kernel has what probes look for by name. `/proc/kallsyms` takes the kernel some
/// 50 ms to write: all names are looked up together, and again only when modules came or went.
enum KernelPlaces {
    static let tablePerturb = "table_perturb"
    static let earlyDrop = "early_drop"
    static let conntrackIn = "nf_conntrack_in"

    private static let names =
        ConnectPrograms.staticFunctions.union([tablePerturb, earlyDrop, conntrackIn])

    private struct Known {
        var modules: [String] = []
        var symbols: KernelSymbols?
    }

    private static let known = Mutex(Known())

    static func symbols() throws(HostError) -> KernelSymbols {
        // Before the table: one that comes meanwhile is seen the next time.
        let modules = LoadedModules.current()
        if let symbols = known.withLock({ $0.modules == modules ? $0.symbols : nil }) { return symbols }
        let symbols = try KernelSymbols(of: names)
        known.withLock { $0 = Known(modules: modules, symbols: symbols) }
        return symbols
    }
}
