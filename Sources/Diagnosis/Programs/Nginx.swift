// SPDX-License-Identifier: Apache-2.0
import Model

/// Few processes, an event loop in each; at `worker_connections` a process leaves the accept
/// queue alone.
struct Nginx: ServerProgram {
    let name = "nginx"
    /// `NGX_LISTEN_BACKLOG`
    var defaultBacklog: Int? { 511 }

    init?(_ process: Invocation) {
        guard process.isNamed("nginx", "nginx-debug", "openresty", "angie") else { return nil }
    }

    /// A reload calls listen() again with the new backlog (`ngx_configure_listening_sockets`).
    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        let address = service.isAny && !service.isIPv6 ? "\(service.port)" : service.endpoint
        let shared: ConfigurationLine =
            (service.isDualStack ? " ipv6only=off" : "") + (service.listener.isReusePort ? " reuseport" : "")
        return ProgramSetting(
            "backlog", value: value, line: "listen \(address)\(shared) backlog=\(value);",
            "in nginx's server block, in one listen line of this address, beside what stands there (ssl, "
                + "default_server); then: nginx -s reload")
    }

    func backlog(_ value: Int, ofUnixSocket path: String) -> ProgramSetting? {
        ProgramSetting(
            "backlog", value: value, line: "listen unix:\(path) backlog=\(value);",
            "in nginx's server block, beside what stands in that line; then: nginx -s reload")
    }

    func openFiles(_ value: UInt64) -> String? {
        "worker_rlimit_nofile \(value); in nginx.conf, and no more worker_connections than that"
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        [
            ProgramSetting(
                "worker_connections", "in nginx.conf (nginx -T prints all of it); then: nginx -s reload")
        ]
    }

    func keepalive(to endpoint: String) -> ProgramSetting? {
        ProgramSetting(
            "keepalive", line: "keepalive 32;",
            "in the upstream block of \(endpoint), with fastcgi_keep_conn on; (FastCGI) or proxy_http_version "
                + "1.1; and proxy_set_header Connection \"\"; (HTTP)")
    }

    /// Without brackets: it takes none where there is no port.
    func source(_ address: IPAddress?) -> ProgramSetting? {
        ProgramSetting(
            "proxy_bind", line: "proxy_bind \(address.map { "\($0)" } ?? "ADDRESS");",
            "in nginx.conf, without a port; then: nginx -s reload")
    }
}
