// SPDX-License-Identifier: Apache-2.0
import Model

/// Processes with threads: it accepts only while one of them is free.
struct Puma: ServerProgram {
    let name = "puma"
    var defaultBacklog: Int? { 1024 }

    init?(_ process: Invocation) {
        guard process.isNamed("puma") else { return nil }
    }

    /// Threads of the pool, "puma srv tp 001", of each process. Where connections wait all the
    /// time, there are as many as there may be. `nil`: not known.
    private func each(_ service: Service) -> Int? {
        let pools = service.workers.map { Invocation($0).threads(named: "puma srv tp") }
        guard let most = pools.max(), most > 0 else { return nil }
        return most
    }

    func capacity(of service: Service) -> Capacity {
        each(service).map { .limited($0 * service.workers.count) } ?? .unknown
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "backlog", value: value, line: "bind 'tcp://\(service.endpoint)?backlog=\(value)'",
            "in config/puma.rb instead of port, or after -b; then restart puma")
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        let threads = value.flatMap { value in
            each(service).map { _ in (value + service.workers.count - 1) / max(service.workers.count, 1) }
        }
        return [
            ProgramSetting(
                "threads", value: threads, line: threads.map { "threads \($0), \($0)" } ?? "",
                "in config/puma.rb (or after -t), for each process; Ruby runs one thread of a process at a time: "
                    + "where they compute, workers help instead; then restart puma")
        ]
    }
}

/// A process for each request.
struct Unicorn: ServerProgram {
    let name = "unicorn"
    var defaultBacklog: Int? { 1024 }

    init?(_ process: Invocation) {
        guard process.isNamed("unicorn", "unicorn_rails") else { return nil }
    }

    func capacity(of service: Service) -> Capacity {
        service.hasParent ? .limited(service.workers.count) : .unknown
    }

    /// At HUP it calls listen() again (`Unicorn::SocketHelper#set_server_sockopt`).
    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "backlog", value: value, line: "listen \"\(service.endpoint)\", backlog: \(value)",
            "in unicorn's configuration file; then send its master HUP")
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        [
            ProgramSetting(
                "worker_processes", value: value, line: value.map { "worker_processes \($0)" } ?? "",
                "in unicorn's configuration file; then send its master HUP")
        ]
    }
}
