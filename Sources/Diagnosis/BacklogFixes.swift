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
        return fixes + [backlog(value, Service(listener, state.queues, owner), owner)]
    }

    private static func backlog(_ value: Int, _ service: Service, _ owner: Owner) -> Fix {
        let risk = "connections that wait longer than their clients do are served for nobody"
        guard let program = owner.program else {
            return Fix(
                "give listen() on port \(service.port) a backlog of \(value)",
                line: "listen(fd, \(value))", lasting: "in \(owner.name)'s configuration or source",
                risk: risk)
        }
        // What it asks for is not known where somaxconn cut it off: by default, if not more.
        let isKnown = service.askedBacklog != nil
        let asked = isKnown ? value : max(value, program.defaultBacklog ?? 0)
        let setting = program.backlog(asked, of: service)
        let unless = isKnown || setting.value == nil ? "" : ", unless it asks for as much already"
        return Fix(
            setting.what ?? "have \(owner.command) ask for a queue of \(asked)\(unless)",
            line: setting.configuration, lasting: setting.lasting, risk: risk,
            setting: setting.directive(of: program))
    }
}
