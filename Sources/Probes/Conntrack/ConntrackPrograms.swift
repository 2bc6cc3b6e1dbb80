// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model

/// Which programs of `conntrack.bpf.c` see a full table, and whether they can.
enum ConntrackPrograms {
    static func all(_ backend: Backend) -> [ProgramSpec] {
        switch backend {
        case .fentry:
            [ProgramSpec(name: "fexit_early_drop", hook: .trampoline(function: function, exit: true))]
        case .kprobe:
            [
                ProgramSpec(name: "kretprobe_early_drop", hook: .kprobe(function: function, isReturn: true)),
                ProgramSpec(name: "kprobe_early_drop", hook: .kprobe(function: function, isReturn: false)),
            ]
        case .tracepoint: []
        }
    }

    private static let function = KernelPlaces.earlyDrop
    /// Is in the same module, and nowhere else.
    private static let neighbour = KernelPlaces.conntrackIn

    /// That the backend can see the function; that there is one of that name; and that it
    /// is conntrack's: it is static, so that any other file might have one, too.
    /// - Returns: the module that has it; `nil`: the kernel itself.
    @discardableResult
    static func require(_ backend: Backend) throws(BPFError) -> String? {
        guard backend != .tracepoint else { throw refusal("no tracepoint tells of it") }
        let symbols: KernelSymbols
        do throws(HostError) {
            symbols = try KernelPlaces.symbols()
        } catch {
            throw refusal("\(error)")
        }
        guard symbols.contains(neighbour) else { throw refusal("nf_conntrack is not loaded") }
        guard let count = symbols.counts[function] else { throw refusal("this kernel has no such function") }
        guard count == 1 else { throw refusal("\(count) functions have this name") }
        let module = symbols.module(of: function)
        guard module == symbols.module(of: neighbour) else {
            throw refusal("the function of this name is another one")
        }
        if backend == .fentry, let module, !BTF.isThere(module) {
            throw refusal("this kernel has no types of its modules (Linux 5.11 has)")
        }
        return module
    }

    private static func refusal(_ why: String) -> BPFError {
        BPFError(.notFound, "trace \(function) of nf_conntrack", detail: why)
    }
}
