// SPDX-License-Identifier: Apache-2.0
import BPF

/// What the connect programs must know of the running kernel, read from its type
/// information. That is megabytes, so it is read once and let go before libbpf
/// reads it for itself.
struct ConnectKernel {
    /// The probed functions that this kernel has.
    private let functions: Set<String>
    /// A socket with IP_LOCAL_PORT_RANGE walks every port (207184853dbd, 6.8):
    /// since then `inet_sk_get_local_port_range` says whether it has one.
    let stepsByOne: Bool
    /// `__inet_check_established` has an argument `rcu_lookup` (6.15).
    let checkHasRCU: Bool
    /// Hash tables have an allocator of their own (6.1: bpf_mem_alloc) and take
    /// memory as keys come; before, all of it at once, or unsafely.
    let tablesGrow: Bool
    /// Why fentry is refused; `nil`: it works.
    let fentryRefusal: BPFError?

    init() throws(BPFError) {
        let btf = try BTF.vmlinux()
        functions = Set(ConnectPrograms.functions.filter { btf.hasFunction($0) })
        stepsByOne = btf.function("inet_sk_get_local_port_range")?.returns.kind == .boolean
        checkHasRCU = (btf.argumentCount("__inet_check_established") ?? 0) > 4
        tablesGrow = btf.structHasField("bpf_htab", "ma")
        fentryRefusal = BackendTrial.fentry(btf)
    }

    /// Those of the programs whose function exists here.
    func present(_ programs: [ProgramSpec]) -> [ProgramSpec] {
        programs.filter { $0.function.map(functions.contains) ?? true }
    }

    /// A kernel without IPv6 has no `tcp_v6_connect`; the rest must be there.
    func require(_ programs: [ProgramSpec]) throws(BPFError) -> [ProgramSpec] {
        for function in programs.compactMap(\.function)
        where function != "tcp_v6_connect" && !functions.contains(function) {
            throw BPFError(.notFound, "trace \(function)", detail: "this kernel has no such function")
        }
        return present(programs)
    }
}
