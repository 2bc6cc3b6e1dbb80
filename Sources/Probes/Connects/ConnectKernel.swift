// SPDX-License-Identifier: Apache-2.0
import BPF
import Glibc
import Host
import Model

/// What the connect programs must know of the running kernel, read from its type
/// information. That is megabytes, so it is read once and let go before libbpf
/// reads it for itself.
struct ConnectKernel {
    /// The probed functions that this kernel's type information has.
    let functions: Set<String>
    /// Whether it has a function of that name, whatever its types say.
    let hasSymbol: (String) -> Bool
    /// Whether there can be connects over IPv6.
    let hasIPv6: Bool
    /// A socket with IP_LOCAL_PORT_RANGE walks every port (207184853dbd, 6.8):
    /// since then `inet_sk_get_local_port_range` says whether it has one.
    let stepsByOne: Bool
    /// `__inet_check_established` has an argument `rcu_lookup` (6.15).
    let checkHasRCU: Bool
    /// Hash tables have an allocator of their own (6.1: bpf_mem_alloc) and take
    /// memory as keys come; before, all of it at once, or unsafely.
    let tablesGrow: Bool
    /// Whether a program can see a system call's arguments at its return
    /// (dd6e10fbd9fb, 5.15: bpf_task_pt_regs).
    let hasTaskArguments: Bool
    /// Why fentry is refused; `nil`: it works.
    let fentryRefusal: BPFError?

    /// Those of the programs whose function the backend finds here.
    func present(_ programs: [ProgramSpec], _ backend: Backend) -> [ProgramSpec] {
        programs.filter { $0.function.map { finds($0, backend) } ?? true }
    }

    /// All of the programs, but for those of IPv6 where there is none: what saw only some of
    /// the functions would count too few.
    func require(_ programs: [ProgramSpec], _ backend: Backend) throws(BPFError) -> [ProgramSpec] {
        for function in programs.compactMap(\.function) where !finds(function, backend) {
            if !hasIPv6, ConnectPrograms.IPv6Functions.contains(function) { continue }
            throw BPFError(
                .notFound, "trace \(function)",
                detail: "this kernel has no such function, or its type information lacks it")
        }
        return present(programs, backend)
    }

    /// The programs that count calls.
    func checks(_ backend: Backend) throws(BPFError) -> [ProgramSpec] {
        let programs = ConnectPrograms.check(backend)
        if programs.isEmpty {
            throw BPFError(
                .notSupported, "count calls of __inet_check_established",
                detail: "no \(backend.rawValue) program can see them")
        }
        return try require(programs, backend)
    }

    /// A trampoline needs the function's type, a kprobe only its name.
    private func finds(_ function: String, _ backend: Backend) -> Bool {
        functions.contains(function)
            || backend == .kprobe && hasSymbol(function)
    }
}

extension ConnectKernel {
    init(_ btf: BTF) {
        functions = Set(ConnectPrograms.functions.filter { btf.hasFunction($0) })
        hasSymbol = { (try? KernelPlaces.symbols().contains($0)) == true }
        hasIPv6 = access("/proc/net/if_inet6", F_OK) == 0
        stepsByOne = btf.function("inet_sk_get_local_port_range")?.returns.kind == .boolean
        checkHasRCU = (btf.argumentCount("__inet_check_established") ?? 0) > 4
        tablesGrow = btf.structHasField("bpf_htab", "ma")
        hasTaskArguments =
            btf.enumeration("bpf_func_id")?.contains { $0.name == "BPF_FUNC_task_pt_regs" } ?? false
        fentryRefusal = BackendTrial.fentry(btf)
    }
}
