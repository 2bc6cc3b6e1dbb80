// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc
import Synchronization

/// How many CPUs the machine could have: per-CPU maps have a value for each.
///
/// A look-up in such a map writes so many values, whatever the caller has room for: with a wrong
/// number it writes over memory. So none is taken from a file, which may be hidden, another one's
/// (containers have such), or not to be opened; the kernel's own look-up tells, into room for more
/// CPUs than any kernel has.
public enum PossibleCPUs {
    /// `NR_CPUS` is 8192 at most (`arch/x86/Kconfig`).
    private static let most = 1 << 16
    /// What a place has that the kernel did not write to: a new map is all zeros.
    private static let untouched = UInt64.max
    /// 0: not counted yet.
    private static let known = Atomic<Int>(0)

    /// Counted once; takes what it takes to make a map.
    public static func count() throws(BPFError) -> Int {
        let count = known.load(ordering: .relaxed)
        if count > 0 { return count }
        let counted = try Self.count(written: look())
        known.store(counted, ordering: .relaxed)
        return counted
    }

    /// - Parameter values: what a look-up wrote into room that was untouched.
    static func count(written values: [UInt64]) throws(BPFError) -> Int {
        let count = values.prefix { $0 == 0 }.count
        guard count > 0, count < values.count, values[count...].allSatisfy({ $0 == untouched }) else {
            throw BPFError(
                .map, what, detail: "a look-up in a new per-CPU map gave what cannot be in it")
        }
        return count
    }

    private static let what = "count the CPUs that this machine could have"

    private static func look() throws(BPFError) -> [UInt64] {
        let number = unsafe bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "tcpwhy_cpus", 4, 8, 1, nil)
        let map = FileDescriptor(owning: try check(number, .map, what))
        var key: UInt32 = 0
        var values = [UInt64](repeating: untouched, count: most)
        // SAFETY: the key has the map's size, and there is room for a value of every CPU.
        let result = unsafe values.withUnsafeMutableBytes {
            unsafe bpf_map_lookup_elem(map.number, &key, $0.baseAddress)
        }
        try check(result, .map, what)
        return values
    }
}
