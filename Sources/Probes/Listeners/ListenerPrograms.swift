// SPDX-License-Identifier: Apache-2.0
import Model

/// Which programs of `listener.bpf.c` see what a listening socket loses.
enum ListenerPrograms {
    /// Each of the functions that lose connections, its return before its entry.
    static func handlers(_ backend: Backend) -> [ProgramSpec] {
        pairs.flatMap { name, function -> [ProgramSpec] in
            switch backend {
            case .fentry:
                [
                    ProgramSpec(name: "fexit_\(name)", hook: .trampoline(function: function, exit: true)),
                    ProgramSpec(name: "fentry_\(name)", hook: .trampoline(function: function, exit: false)),
                ]
            case .kprobe:
                [
                    ProgramSpec(name: "kretprobe_\(name)", hook: .kprobe(function: function, isReturn: true)),
                    ProgramSpec(name: "kprobe_\(name)", hook: .kprobe(function: function, isReturn: false)),
                ]
            case .tracepoint: []
            }
        }
    }

    /// Whether there is a route back to the client: tells causes apart that no
    /// counter does.
    static func routes(_ backend: Backend) -> [ProgramSpec] {
        [("route4", "tcp_v4_route_req"), ("route6", "tcp_v6_route_req")].compactMap { name, function in
            switch backend {
            case .fentry:
                ProgramSpec(name: "fexit_\(name)", hook: .trampoline(function: function, exit: true))
            case .kprobe:
                ProgramSpec(name: "kretprobe_\(name)", hook: .kprobe(function: function, isReturn: true))
            case .tracepoint: nil
            }
        }
    }

    static let list = "list_listeners"

    private static let pairs = [
        ("request", "tcp_conn_request"), ("ack", "tcp_check_req"), ("cookie", "tcp_get_cookie_sock"),
        ("error", "tcp_req_err"),
    ]

    /// Without this one there is nothing to see; the others a kernel may lack.
    static let essential = "tcp_conn_request"
}
