// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

/// Finds out what this kernel lets this process do, by doing it: each trial
/// loads a program that does nothing, attaches it, and removes it again.
///
/// The answer is the refusal; `nil` means that it works.
public enum Trial {
    /// fentry or fexit on a kernel function.
    public static func trampoline(
        function: String, exit: Bool, btf: BTF
    ) -> BPFError? {
        let what = "attach \(exit ? "fexit" : "fentry")/\(function)"
        guard let id = btf.typeID(function, [.function]) else {
            return BPFError(
                .notFound, what, detail: "this kernel has no such function to attach to")
        }
        return tracing(exit ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY, id, btf, what)
    }

    /// A tracepoint by its BTF type ("inet_sock_set_state").
    public static func btfTracepoint(_ name: String, btf: BTF) -> BPFError? {
        let what = "attach tp_btf/\(name)"
        guard let id = btf.typeID("btf_trace_\(name)", [.typedef]) else {
            return BPFError(.notFound, what, detail: "this kernel has no such tracepoint")
        }
        return tracing(BPF_TRACE_RAW_TP, id, btf, what)
    }

    /// A tracepoint by its name, without types.
    public static func rawTracepoint(_ name: String) -> BPFError? {
        let what = "attach raw_tp/\(name)"
        return refusal { () throws(BPFError) in
            let program = try RawProgram.doingNothing(BPF_PROG_TYPE_RAW_TRACEPOINT, what)
            _ = FileDescriptor(
                owning: try check(
                    unsafe bpf_raw_tracepoint_open(name, program.number), .attach, what))
        }
    }

    /// A tracepoint by the number that tracefs shows.
    public static func tracepoint(id: UInt64) -> BPFError? {
        let what = "tracepoint \(id)"
        return refusal { () throws(BPFError) in
            let program = try RawProgram.doingNothing(BPF_PROG_TYPE_TRACEPOINT, "attach to \(what)")
            try PerfEvent.setProgram(program, on: PerfEvent.tracepoint(id: id), what)
        }
    }

    /// kprobe or kretprobe on a kernel function.
    public static func kprobe(function: String, isReturn: Bool) -> BPFError? {
        let what = "\(isReturn ? "kretprobe" : "kprobe")/\(function)"
        return refusal { () throws(BPFError) in
            let event = try PerfEvent.kprobe(function: function, isReturn: isReturn)
            let program = try RawProgram.doingNothing(BPF_PROG_TYPE_KPROBE, "attach \(what)")
            try PerfEvent.setProgram(program, on: event, what)
        }
    }

    /// An iterator ("tcp", "task_file").
    public static func iterator(_ name: String, btf: BTF) -> BPFError? {
        let what = "attach iter/\(name)"
        guard let id = btf.typeID("bpf_iter_\(name)", [.function]) else {
            return BPFError(.notFound, what, detail: "this kernel has no such iterator")
        }
        return refusal { [module = btf.moduleName] () throws(BPFError) in
            let program = try RawProgram.tracing(BPF_TRACE_ITER, function: id, module: module, what)
            let link = FileDescriptor(
                owning: try check(
                    bpf_link_create(program.number, 0, BPF_TRACE_ITER, nil), .attach, what))
            _ = FileDescriptor(owning: try check(bpf_iter_create(link.number), .iterator, what))
        }
    }

    /// Samples of what a CPU runs.
    public static func sampling(_ clock: SampleClock, cpu: Int32) -> BPFError? {
        refusal { () throws(BPFError) in
            let what = "samples of CPU \(cpu) by \(clock.rawValue)"
            let event = try PerfEvent.sampling(clock, frequency: 1, cpu: cpu)
            let program = try RawProgram.doingNothing(BPF_PROG_TYPE_PERF_EVENT, "attach to \(what)")
            try PerfEvent.setProgram(program, on: event, what)
        }
    }

    /// Ring buffers, since Linux 5.8.
    public static func ringBuffer() -> BPFError? {
        refusal { () throws(BPFError) in
            _ = try BPFMap(
                creating: BPF_MAP_TYPE_RINGBUF, name: "trial", keySize: 0, valueSize: 0,
                maxEntries: UInt32(try PageSize.bytes()))
        }
    }

    private static func tracing(
        _ type: bpf_attach_type, _ id: UInt32, _ btf: BTF, _ what: String
    ) -> BPFError? {
        refusal { [module = btf.moduleName] () throws(BPFError) in
            let program = try RawProgram.tracing(type, function: id, module: module, what)
            _ = FileDescriptor(
                owning: try check(
                    bpf_raw_tracepoint_open(nil, program.number), .attach, what))
        }
    }

    private static func refusal(_ trial: () throws(BPFError) -> Void) -> BPFError? {
        do throws(BPFError) {
            try trial()
            return nil
        } catch {
            return error
        }
    }
}
