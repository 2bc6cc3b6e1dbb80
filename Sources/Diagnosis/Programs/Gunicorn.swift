// SPDX-License-Identifier: Apache-2.0
import Model

/// Processes that serve one connection each (sync), or many by threads (gthread) or an event loop
/// (gevent, eventlet, tornado, uvicorn).
struct Gunicorn: ServerProgram {
    let name = "gunicorn"
    var defaultBacklog: Int? { 2048 }

    /// `nil`: a configuration file may say so.
    private let workerClass: String?

    init?(_ process: Invocation) {
        guard process.isNamed("gunicorn") else { return nil }
        let given = process.value(of: "-k", "--worker-class")
        let threads = process.count(of: "--threads") ?? 1
        // Which is what gunicorn does, too: threads make of sync another class.
        if given == nil || given == "sync", threads > 1 {
            workerClass = "gthread"
        } else if process.arguments.isEmpty || process.value(of: "-c", "--config") != nil {
            workerClass = given
        } else {
            workerClass = given ?? "sync"
        }
    }

    /// A gthread worker takes connections up to --worker-connections, and keeps those in memory for
    /// which it has no thread.
    func capacity(of service: Service) -> Capacity {
        switch workerClass {
        case "sync": service.hasParent ? .limited(service.workers.count) : .unknown
        // More than one thread each: no sync worker.
        case nil: service.threads?.allSatisfy { $0 > 1 } == true ? .unlimited : .unknown
        default: .unlimited
        }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting { backlog(value) }

    func backlog(_ value: Int, ofUnixSocket path: String) -> ProgramSetting? { backlog(value) }

    /// Of all its sockets.
    private func backlog(_ value: Int) -> ProgramSetting {
        ProgramSetting(
            "backlog", value: value, line: "--backlog \(value)",
            "among gunicorn's arguments (backlog = \(value) in gunicorn.conf.py); then restart gunicorn")
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        if capacity(of: service) == .unlimited {
            return [
                ProgramSetting(
                    "worker-connections",
                    "among gunicorn's arguments, 1000 for each worker unless it is there; then restart gunicorn"
                )
            ]
        }
        return [
            ProgramSetting(
                "workers", value: value, line: value.map { "--workers \($0)" } ?? "",
                "among gunicorn's arguments (or workers in gunicorn.conf.py; gunicorn --print-config prints "
                    + "all of it); then restart gunicorn")
        ]
    }
}
