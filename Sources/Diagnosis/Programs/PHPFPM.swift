// SPDX-License-Identifier: Apache-2.0
import Model

/// A process for each request; each pool has a socket, and processes of its own.
struct PHPFPM: ServerProgram {
    let name = "php-fpm"
    /// `FPM_BACKLOG_DEFAULT`
    var defaultBacklog: Int? { 511 }

    init?(_ process: Invocation) {
        guard process.isNamed("php-fpm") else { return nil }
    }

    /// Those that run: where connections wait all the time, `pm` has started all it may.
    func capacity(of service: Service) -> Capacity {
        service.hasParent ? .limited(service.workers.count) : .unknown
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "listen.backlog", value: value, line: "listen.backlog = \(value)",
            "in the file of the pool with listen = \(service.endpoint) (or \(service.port)); then restart "
                + "php-fpm (a reload keeps the old socket)")
    }

    func backlog(_ value: Int, ofUnixSocket path: String) -> ProgramSetting? {
        ProgramSetting(
            "listen.backlog", value: value, line: "listen.backlog = \(value)",
            "in the file of the pool with listen = \(path); then restart php-fpm (a reload keeps the old socket)"
        )
    }

    func openFiles(_ value: UInt64) -> String? { "rlimit_files = \(value) in the pool's file" }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        let show: ShellCommand = "\(service.command) -tt"
        return [
            ProgramSetting(
                "pm.max_children", value: value, line: value.map { "pm.max_children = \($0)" } ?? "",
                "in the pool's file of php-fpm (\(show) prints all of it); then: systemctl reload php-fpm")
        ]
    }

    func keepalive(to endpoint: String) -> ProgramSetting? {
        ProgramSetting(
            "persistent", line: "PDO::ATTR_PERSISTENT => true, pconnect(), or a proxy on this host",
            "in the program's source")
    }
}
