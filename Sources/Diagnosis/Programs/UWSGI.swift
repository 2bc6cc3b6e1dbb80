// SPDX-License-Identifier: Apache-2.0
import Model

/// Processes, each with one thread or more that serves one connection, or many by greenlets.
struct UWSGI: ServerProgram {
    let name = "uwsgi"
    var defaultBacklog: Int? { 100 }

    /// Of each process. `nil`: a file says so, or an event loop serves many in one.
    private let threads: Int?
    private let isAsync: Bool

    init?(_ process: Invocation) {
        guard process.isNamed("uwsgi", "uwsgi-core") else { return nil }
        isAsync = process.value(of: "--gevent", "--async", "--asyncio", "--ugreen") != nil
        let file =
            process.value(of: "--ini", "--xml", "--yaml", "--yml", "--json", "-x", "-y", "-j") != nil
            || process.arguments.dropFirst().contains { argument in
                [".ini", ".xml", ".yaml", ".yml", ".json"].contains { argument.hasSuffix($0) }
            }
        let isKnown = !process.arguments.isEmpty && !file && !isAsync
        threads = isKnown ? process.count(of: "--threads") ?? 1 : nil
    }

    func capacity(of service: Service) -> Capacity {
        if isAsync { return .unlimited }
        guard let threads else { return .unknown }
        return .limited(service.workers.count * threads)
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting { backlog(value) }

    func backlog(_ value: Int, ofUnixSocket path: String) -> ProgramSetting? { backlog(value) }

    /// Of all its sockets.
    private func backlog(_ value: Int) -> ProgramSetting {
        ProgramSetting(
            "listen", value: value, line: "listen = \(value)",
            "in uWSGI's ini file (--listen \(value) among its arguments); it does not start where "
                + "net.core.somaxconn is less; then restart uWSGI")
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        let processes = value.flatMap { value in threads.map { (value + $0 - 1) / $0 } }
        return [
            ProgramSetting(
                "processes", value: processes, line: processes.map { "processes = \($0)" } ?? "",
                "in uWSGI's ini file (--processes among its arguments); then restart uWSGI")
        ]
    }
}
