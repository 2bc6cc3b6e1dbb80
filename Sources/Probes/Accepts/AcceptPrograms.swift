// SPDX-License-Identifier: Apache-2.0
import BPF
import Model

/// Which programs of `accept.bpf.c` see connections enter and leave accept queues.
enum AcceptPrograms {
    /// What ends a measurement before what begins it.
    static func queue(_ backend: Backend) -> [ProgramSpec] {
        switch backend {
        case .fentry:
            [
                ProgramSpec(name: "fentry_accept", hook: .trampoline(function: taken, exit: false)),
                ProgramSpec(name: "fexit_finish", hook: .trampoline(function: finished, exit: true)),
                ProgramSpec(name: "fentry_finish", hook: .trampoline(function: finished, exit: false)),
                ProgramSpec(name: "fexit_arrive", hook: .trampoline(function: added, exit: true)),
                ProgramSpec(name: "fentry_arrive", hook: .trampoline(function: added, exit: false)),
                ProgramSpec(name: "fentry_close", hook: .trampoline(function: closes, exit: false)),
            ]
        case .kprobe:
            [
                ProgramSpec(name: "kprobe_accept", hook: .kprobe(function: taken, isReturn: false)),
                ProgramSpec(name: "kretprobe_finish", hook: .kprobe(function: finished, isReturn: true)),
                ProgramSpec(name: "kprobe_finish", hook: .kprobe(function: finished, isReturn: false)),
                ProgramSpec(name: "kretprobe_arrive", hook: .kprobe(function: added, isReturn: true)),
                ProgramSpec(name: "kprobe_arrive", hook: .kprobe(function: added, isReturn: false)),
                ProgramSpec(name: "kprobe_close", hook: .kprobe(function: closes, isReturn: false)),
            ]
        case .tracepoint:
            [
                ProgramSpec(name: "tp_accept", hook: .syscall("sys_exit_accept")),
                ProgramSpec(name: "tp_accept4", hook: .syscall("sys_exit_accept4")),
                ProgramSpec(name: "raw_state", hook: .rawTracepoint("inet_sock_set_state")),
            ]
        }
    }

    /// What sees calls of accept() fail; the tracepoints of `queue` do, too. Empty: this kernel
    /// has no such function, or it lacks its type.
    static func failures(_ backend: Backend, _ btf: BTF) -> [ProgramSpec] {
        guard btf.hasFunction(called) else { return [] }
        switch backend {
        case .fentry:
            return [ProgramSpec(name: "fexit_call", hook: .trampoline(function: called, exit: true))]
        case .kprobe:
            return [ProgramSpec(name: "kretprobe_call", hook: .kprobe(function: called, isReturn: true))]
        case .tracepoint: return []
        }
    }

    /// The iterator that notes what waits already; `nil`: none is needed.
    static func note(_ backend: Backend, _ btf: BTF) -> String? {
        if backend == .tracepoint { return nil }
        return btf.hasFunction("bpf_loop") ? "note_waiting" : "note_waiting_step"
    }

    /// The programs that count an accept: what one of these misses is in no row.
    static let counting: Set<String> = [
        "fentry_accept", "kprobe_accept", "tp_accept", "tp_accept4",
    ]

    private static let finished = "inet_csk_complete_hashdance"
    private static let added = "inet_csk_reqsk_queue_add"
    private static let called = "__sys_accept4"
    private static let closes = "inet_csk_listen_stop"
    private static let taken = "security_sock_graft"
}
