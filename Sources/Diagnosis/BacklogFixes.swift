// SPDX-License-Identifier: Apache-2.0
import Model

/// What makes the queues of a listening socket longer: listen()'s backlog bounds both of
/// them, and `net.core.somaxconn` bounds the backlog.
enum BacklogFixes {
    static func longer(
        _ value: Int, _ listener: Listener, _ state: ListenerState, _ owner: Owner, _ seen: Observation
    ) -> [Fix] {
        var fixes: [Fix] = []
        if Int(state.queues?.somaxconn ?? 0) < value {
            fixes.append(
                Fix.sysctl(
                    "let the queues of listening sockets be as long as \(value)", "net.core.somaxconn",
                    "\(value)", in: listener.netns, seen,
                    risk: "none by itself: it only allows what listen() asks for; the service must be "
                        + "started anew to ask again"))
        }
        return fixes + [backlog(value, listener, owner)]
    }

    private static func backlog(_ value: Int, _ listener: Listener, _ owner: Owner) -> Fix {
        let risk = "connections that wait longer than their clients do are served for nobody"
        guard let program = owner.program else {
            return Fix(
                "give listen() on port \(listener.port) a backlog of \(value)",
                command: "listen(fd, \(value))",
                lasting: "in \(owner.name)'s configuration or source (Go: net.core.somaxconn alone)",
                risk: risk)
        }
        let line = program.backlog(value, port: listener.port)
        return Fix(
            "have \(owner.command) ask for a queue of \(value)", command: line.line, lasting: line.lasting,
            risk: risk, setting: .directive(program: program.rawValue, name: line.name, value: "\(value)"))
    }
}
