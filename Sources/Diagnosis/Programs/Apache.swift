// SPDX-License-Identifier: Apache-2.0
import Model

/// A process for each connection (prefork), or a thread (worker, event): which one shows by the
/// threads.
struct Apache: ServerProgram {
    let name = "apache"
    /// `DEFAULT_LISTENBACKLOG`
    var defaultBacklog: Int? { 511 }

    init?(_ process: Invocation) {
        guard process.isNamed("apache2", "httpd") else { return nil }
    }

    /// Beside those that serve a child has its first thread, which waits for the end, and one that
    /// listens (server/mpm/event/event.c: `child_main`, `start_threads`).
    private static let otherThreads = 2

    /// Threads that serve, of one child: 1 with prefork. `nil`: not known, or not of each alike.
    private func each(_ service: Service) -> Int? {
        guard service.hasParent, let threads = service.threads, let most = threads.max() else { return nil }
        let each = most == 1 ? 1 : most - Self.otherThreads
        return each > 0 ? each : nil
    }

    /// As many as run: where connections wait all the time, all that may run do, since each second
    /// twice as many are started as in the one before.
    func capacity(of service: Service) -> Capacity {
        guard let each = each(service) else { return .unknown }
        return .limited(each * service.workers.count)
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "ListenBacklog", value: value, line: "ListenBacklog \(value)",
            "in Apache's configuration, outside of all sections; then stop Apache and start it (a reload, "
                + "apachectl restart too, keeps the old socket)")
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        let place = "in the configuration of Apache's MPM; then stop Apache and start it"
        guard let value, let each = each(service) else {
            return [
                ProgramSetting(
                    "MaxRequestWorkers",
                    "\(place); grep -rn MaxRequestWorkers in its configuration shows today's value")
            ]
        }
        let children = (value + each - 1) / each
        let most = children * each
        let line = ProgramSetting(
            "MaxRequestWorkers", value: most, line: "MaxRequestWorkers \(most)",
            place + "; a ServerLimit that stands there must be \(children) or more",
            what: "let \(service.command) serve \(most) at once, instead of \(each * service.workers.count)")
        guard children > Self.defaultServerLimit(each) else { return [line] }
        let limit = ProgramSetting(
            "ServerLimit", value: children, line: "ServerLimit \(children)",
            "before MaxRequestWorkers, which it bounds, unless a larger one stands there; \(place)",
            what: "let Apache run \(children) processes: MaxRequestWorkers cannot ask for more than that")
        return [limit, line]
    }

    /// `DEFAULT_SERVER_LIMIT` of prefork, and of worker and event.
    private static func defaultServerLimit(_ each: Int) -> Int { each == 1 ? 256 : 16 }

    func keepalive(to endpoint: String) -> ProgramSetting? {
        ProgramSetting(
            "enablereuse", line: "ProxyPass \"/\" \"http://\(endpoint)/\" enablereuse=on",
            "in Apache's configuration: the word behind the ProxyPass line that is there (fcgi:// does not reuse "
                + "without it), and no proxy-nokeepalive; then: apachectl graceful")
    }
}
