// SPDX-License-Identifier: Apache-2.0
import Model

/// A server whose configuration is known: what its lines look like.
enum ServerProgram: String {
    case nginx
    case phpFPM = "php-fpm"
    case haproxy
    case node
    case java
    case apache
    case postgres
    case redis
    case gunicorn

    /// - Parameter command: as the kernel names the process: "nginx", "php-fpm8.2".
    init?(command: String) {
        let name = command.lowercased()
        let known: [(String, ServerProgram)] = [
            ("nginx", .nginx), ("php-fpm", .phpFPM), ("haproxy", .haproxy), ("node", .node),
            ("java", .java), ("apache2", .apache), ("httpd", .apache), ("postgres", .postgres),
            ("redis-server", .redis), ("gunicorn", .gunicorn),
        ]
        guard let found = known.first(where: { name.hasPrefix($0.0) }) else { return nil }
        self = found.1
    }

    /// Whether each connection takes a process or thread of its own, so that their number bounds
    /// how many are served at once. The others serve many in one.
    var takesWorkerEach: Bool {
        switch self {
        case .phpFPM, .java, .apache, .postgres, .gunicorn: true
        case .nginx, .haproxy, .node, .redis: false
        }
    }

    /// Name and line of the setting that listen() gets its backlog from.
    func backlog(_ value: Int, port: UInt16) -> (name: String, line: String, lasting: String) {
        switch self {
        case .nginx:
            ("backlog", "listen \(port) backlog=\(value);", "in nginx's server block; then: nginx -s reload")
        case .phpFPM:
            (
                "listen.backlog", "listen.backlog = \(value)",
                "in the pool's file of php-fpm; then restart php-fpm (a reload keeps the old socket)"
            )
        case .haproxy:
            ("backlog", "backlog \(value)", "in haproxy's frontend; then: systemctl reload haproxy")
        case .node:
            ("backlog", "server.listen({ port: \(port), backlog: \(value) })", "in the program's source")
        case .java:
            (
                "acceptCount", "acceptCount=\"\(value)\"",
                "at Tomcat's Connector (Spring Boot: server.tomcat.accept-count; else the backlog of ServerSocket)"
            )
        case .apache:
            ("ListenBacklog", "ListenBacklog \(value)", "in Apache's configuration; then restart it")
        case .postgres:
            ("max_connections", "max_connections = \(value)", "in postgresql.conf: the backlog is twice that")
        case .redis: ("tcp-backlog", "tcp-backlog \(value)", "in redis.conf; then restart redis")
        case .gunicorn: ("backlog", "--backlog \(value)", "among gunicorn's arguments")
        }
    }

    /// Name and line of the setting that says how many serve at once. `nil`: it has none.
    func workers(_ value: Int) -> (name: String, line: String, lasting: String)? {
        switch self {
        case .nginx:
            ("worker_processes", "worker_processes auto;", "in nginx.conf; then: nginx -s reload")
        case .phpFPM:
            (
                "pm.max_children", "pm.max_children = \(value)",
                "in the pool's file of php-fpm; then: systemctl reload php-fpm"
            )
        case .haproxy: ("nbthread", "nbthread \(value)", "in haproxy's global section; then restart it")
        case .java:
            (
                "maxThreads", "maxThreads=\"\(value)\"",
                "at Tomcat's Connector (Spring Boot: server.tomcat.threads.max)"
            )
        case .apache:
            (
                "MaxRequestWorkers", "MaxRequestWorkers \(value)",
                "in Apache's MPM configuration; then restart it"
            )
        case .postgres:
            ("max_connections", "max_connections = \(value)", "in postgresql.conf; then restart it")
        case .gunicorn: ("workers", "--workers \(value)", "among gunicorn's arguments")
        case .node:
            ("workers", "node:cluster with \(value) workers", "in the program's source, or pm2 -i \(value)")
        case .redis: nil
        }
    }

    /// Name, line and explanation of keeping connections to what it calls open.
    var keepalive: (name: String, line: String, lasting: String)? {
        switch self {
        case .nginx:
            (
                "keepalive", "keepalive 32;",
                "in an upstream block, with fastcgi_keep_conn on; (FastCGI) or proxy_http_version 1.1; and proxy_set_header Connection \"\"; (HTTP)"
            )
        case .haproxy: ("http-reuse", "http-reuse safe", "in haproxy's backend")
        case .node: ("keepAlive", "new http.Agent({ keepAlive: true })", "in the program's source")
        case .java:
            ("pool", "a connection pool (HttpClient keeps connections by default)", "in the program's source")
        case .phpFPM:
            (
                "persistent", "PDO::ATTR_PERSISTENT => true, pconnect(), or a proxy on this host",
                "in the program's source"
            )
        case .apache: ("enablereuse", "ProxyPass … enablereuse=on", "in Apache's configuration")
        case .postgres, .redis, .gunicorn: nil
        }
    }
}
