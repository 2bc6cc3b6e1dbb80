// SPDX-License-Identifier: Apache-2.0
import Model

/// Which programs measure what, per backend.
enum ConnectPrograms {
    /// The call and its search. In the order of attaching: what ends a
    /// measurement before what begins it, so that nothing begun is left open.
    static func connect(_ backend: Backend) -> [ProgramSpec] {
        switch backend {
        case .fentry:
            [
                ProgramSpec(name: "btf_state", hook: .btfTracepoint("inet_sock_set_state")),
                exit("fexit_connect4", "tcp_v4_connect"), exit("fexit_connect6", "tcp_v6_connect"),
                exit("fexit_search", "__inet_hash_connect"),
                entry("fentry_search", "__inet_hash_connect"),
                entry("fentry_connect4", "tcp_v4_connect"), entry("fentry_connect6", "tcp_v6_connect"),
            ]
        case .kprobe:
            [
                kprobe("kprobe_state", "tcp_set_state"),
                kretprobe("kretprobe_connect4", "tcp_v4_connect"),
                kretprobe("kretprobe_connect6", "tcp_v6_connect"),
                kretprobe("kretprobe_search", "__inet_hash_connect"),
                kprobe("kprobe_syn", "tcp_connect"),
                kprobe("kprobe_search", "__inet_hash_connect"),
                kprobe("kprobe_connect4", "tcp_v4_connect"),
                kprobe("kprobe_connect6", "tcp_v6_connect"),
            ]
        case .tracepoint:
            [
                state,
                ProgramSpec(name: "tp_connect_exit", hook: .syscall("sys_exit_connect")),
                ProgramSpec(name: "tp_connect_enter", hook: .syscall("sys_enter_connect")),
            ]
        }
    }

    /// bind() to port 0.
    static func bind(_ backend: Backend) -> [ProgramSpec] {
        switch backend {
        case .fentry:
            [exit("fexit_bind", "inet_csk_get_port"), entry("fentry_bind", "inet_csk_get_port")]
        case .kprobe:
            [
                kretprobe("kretprobe_bind", "inet_csk_get_port"),
                kprobe("kprobe_bind", "inet_csk_get_port"),
            ]
        case .tracepoint:
            [
                ProgramSpec(name: "tp_bind_exit", hook: .syscall("sys_exit_bind")),
                ProgramSpec(name: "tp_bind_enter", hook: .syscall("sys_enter_bind")),
            ]
        }
    }

    /// Counted mode: every port that a search checks.
    static func check(_ backend: Backend) -> [ProgramSpec] {
        switch backend {
        case .fentry:
            [
                entry("fentry_check4", "__inet_check_established"),
                entry("fentry_check6", "__inet6_check_established"),
            ]
        case .kprobe:
            [
                kprobe("kprobe_check4", "__inet_check_established"),
                kprobe("kprobe_check6", "__inet6_check_established"),
            ]
        case .tracepoint:
            []
        }
    }

    /// Unix stream sockets; by tracepoints the return of connect() shows them.
    static func unix(_ backend: Backend) -> [ProgramSpec] {
        switch backend {
        case .fentry: [exit("fexit_unix", unixConnect)]
        case .kprobe: [kretprobe("kretprobe_unix", unixConnect)]
        case .tracepoint: []
        }
    }

    private static let unixConnect = "unix_stream_connect"

    private static let state = ProgramSpec(
        name: "raw_state", hook: .rawTracepoint("inet_sock_set_state"))

    private static func entry(_ name: String, _ function: String) -> ProgramSpec {
        ProgramSpec(name: name, hook: .trampoline(function: function, exit: false))
    }

    private static func exit(_ name: String, _ function: String) -> ProgramSpec {
        ProgramSpec(name: name, hook: .trampoline(function: function, exit: true))
    }

    private static func kprobe(_ name: String, _ function: String) -> ProgramSpec {
        ProgramSpec(name: name, hook: .kprobe(function: function, isReturn: false))
    }

    private static func kretprobe(_ name: String, _ function: String) -> ProgramSpec {
        ProgramSpec(name: name, hook: .kprobe(function: function, isReturn: true))
    }
}

extension ConnectPrograms {
    /// Every kernel function that some backend hooks.
    static let functions = Set(
        Backend.allCases.flatMap { connect($0) + bind($0) + check($0) + unix($0) }.compactMap(\.function))

    /// Those of them that are static: type information may lack them (5.10's on arm64 does).
    static let staticFunctions = IPv6Functions.union(["__inet_check_established"])
    /// Those of them that a kernel without IPv6 does not have.
    static let IPv6Functions: Set<String> = ["tcp_v6_connect", "__inet6_check_established"]

    /// The programs that count a connect: what one of these misses is in no row.
    static let counting: Set<String> = [
        "fexit_connect4", "fexit_connect6", "fexit_bind", "kprobe_connect4", "kprobe_connect6",
        "kprobe_bind", "tp_connect_enter",
    ]
}
