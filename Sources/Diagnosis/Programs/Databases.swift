// SPDX-License-Identifier: Apache-2.0
import Model

/// A process for each connection. The first one accepts all that come, and those beyond
/// max_connections are refused by the new process: no setting makes it accept faster.
struct PostgreSQL: ServerProgram {
    let name = "postgres"

    init?(_ process: Invocation) {
        guard process.isNamed("postgres", "postmaster") else { return nil }
    }

    /// listen() gets twice max_connections (`StreamServerPort`, src/backend/libpq/pqcomm.c:
    /// `MaxConnections * 2`; up to version 15 no more than 10000). Where the socket has all of
    /// somaxconn, it may be large enough.
    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        let most = (value + 1) / 2
        guard service.askedBacklog != nil else {
            return ProgramSetting(
                "max_connections",
                "max_connections in postgresql.conf (SHOW max_connections; says today's value), of which "
                    + "listen() gets twice as much, and no other setting; then restart PostgreSQL",
                what: "restart PostgreSQL, so that it asks for a longer queue: twice max_connections, which "
                    + "should be \(most) or more")
        }
        return ProgramSetting(
            "max_connections", value: most, line: "max_connections = \(most)",
            "in postgresql.conf: listen() gets twice that, and no other setting; then restart PostgreSQL")
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        [
            ProgramSetting(
                "pool", "a setting of its clients, or PgBouncer in front of \(service.endpoint)",
                what: "keep connections open in a pool: each new one costs the first process a fork(), and "
                    + "max_connections does not bound what it accepts")
        ]
    }
}

/// A thread for each connection; one accepts all that come, and refuses those beyond
/// max_connections.
struct MySQL: ServerProgram {
    let name = "mysql"

    /// 50 and a fifth of max_connections, 151.
    var defaultBacklog: Int? { 80 }

    init?(_ process: Invocation) {
        guard process.isNamed("mysqld", "mariadbd") else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "back_log", value: value, line: "back_log = \(value)",
            "in section [mysqld] (SHOW VARIABLES LIKE 'back_log'; shows today's value); then restart it")
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        [
            ProgramSetting(
                "thread_cache_size",
                "in section [mysqld] (SHOW STATUS LIKE 'Threads_created'; grows where it is too small), or a "
                    + "pool at its clients; max_connections does not bound what it accepts")
        ]
    }
}
