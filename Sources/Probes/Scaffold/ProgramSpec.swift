// SPDX-License-Identifier: Apache-2.0
import BPF
import Host

/// One BPF program and where it goes.
struct ProgramSpec: Sendable {
    enum Hook: Sendable {
        /// Trampoline at the entry or exit of a kernel function.
        case trampoline(function: String, exit: Bool)
        case kprobe(function: String, isReturn: Bool)
        /// Classic tracepoint `syscalls/NAME`.
        case syscall(String)
        case rawTracepoint(String)
        case btfTracepoint(String)
    }

    let name: String
    let hook: Hook

    /// The kernel function, if it hooks one.
    var function: String? {
        switch hook {
        case .trampoline(let function, _), .kprobe(let function, _): function
        case .syscall, .rawTracepoint, .btfTracepoint: nil
        }
    }

    func attach(in object: borrowing BPFObject) throws(BPFError) -> Link {
        switch hook {
        case .trampoline, .rawTracepoint, .btfTracepoint:
            try object.attach(program: name)
        case .kprobe(let function, let isReturn):
            try object.attachKprobe(program: name, function: function, isReturn: isReturn)
        case .syscall(let tracepoint):
            try object.attachTracepoint(program: name, id: TracepointIDs.id(tracepoint))
        }
    }
}

/// The numbers of the system calls' tracepoints, by which perf events name them.
enum TracepointIDs {
    static func id(_ name: String) throws(BPFError) -> UInt64 {
        let what = "find tracepoint syscalls/\(name)"
        do throws(HostError) {
            if let id = try TraceFS().tracepointID("syscalls", name) { return id }
        } catch {
            throw BPFError(.notSupported, what, detail: "\(error)")
        }
        throw BPFError(.notSupported, what, detail: "this kernel traces no system calls")
    }
}
