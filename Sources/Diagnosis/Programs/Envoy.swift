// SPDX-License-Identifier: Apache-2.0
import Model

/// An event loop in each of its threads.
struct Envoy: ServerProgram {
    let name = "envoy"

    init?(_ process: Invocation) {
        guard process.isNamed("envoy") else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "tcp_backlog_size", value: value, line: "tcp_backlog_size: \(value)",
            "in the listener whose socket_address is { address: \"\(service.host)\", port_value: "
                + "\(service.port) }; then restart Envoy")
    }
}
