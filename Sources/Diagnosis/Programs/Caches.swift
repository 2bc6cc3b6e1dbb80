// SPDX-License-Identifier: Apache-2.0
import Model

/// One thread runs all commands, so that a slow one stops accept, too.
struct Redis: ServerProgram {
    let name = "redis"
    var defaultBacklog: Int? { 511 }

    init?(_ process: Invocation) {
        guard process.isNamed("redis-server", "valkey-server", "keydb-server") else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "tcp-backlog", value: value, line: "tcp-backlog \(value)",
            "in redis.conf; then restart redis (CONFIG SET does not take it)")
    }
}

/// Event loops; who comes at the limit of connections is closed at once, or, with
/// no_maxconns_fast, left in the accept queue.
struct Memcached: ServerProgram {
    let name = "memcached"
    var defaultBacklog: Int? { 1024 }

    init?(_ process: Invocation) {
        guard process.isNamed("memcached") else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "listen-backlog", value: value, line: "-b \(value)",
            "among memcached's arguments (a line of /etc/memcached.conf); then restart memcached")
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        [
            ProgramSetting(
                "conn-limit",
                "-c among memcached's arguments, 1024 unless it is there ('stats' says max_connections and "
                    + "listen_disabled_num); then restart memcached")
        ]
    }
}
