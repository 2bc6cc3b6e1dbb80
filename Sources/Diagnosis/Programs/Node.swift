// SPDX-License-Identifier: Apache-2.0
import Model

/// One event loop.
struct Node: ServerProgram {
    let name = "node"
    var defaultBacklog: Int? { 511 }

    init?(_ process: Invocation) {
        guard process.isNamed("node", "nodejs", "bun", "deno") else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        let only: ConfigurationLine =
            service.isIPv6 && service.isAny && !service.isDualStack ? ", ipv6Only: true" : ""
        return ProgramSetting(
            "backlog", value: value,
            line:
                "server.listen({ host: '\(service.host)', port: \(service.port)\(only), backlog: \(value) })",
            "in the program's source; then restart it")
    }

    func keepalive(to endpoint: String) -> ProgramSetting? {
        ProgramSetting(
            "keepAlive", line: "new http.Agent({ keepAlive: true })",
            "in the program's source, as the agent of its requests (since node 19 the default)")
    }
}
