// SPDX-License-Identifier: Apache-2.0
import Model

/// One process, an event loop in each of its threads; at `maxconn` it leaves the accept queue alone.
struct HAProxy: ServerProgram {
    let name = "haproxy"

    init?(_ process: Invocation) {
        guard process.isNamed("haproxy") else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        let address: ConfigurationLine =
            service.isAny
            ? (service.isIPv6 ? "[::]" : "") : service.isIPv6 ? "[\(service.host)]" : "\(service.host)"
        let family: ConfigurationLine =
            service.isIPv6 && service.isAny ? (service.isDualStack ? " v4v6" : " v6only") : ""
        return ProgramSetting(
            "backlog", value: value, line: "bind \(address):\(service.port)\(family) backlog \(value)",
            "in haproxy's frontend, beside what stands in that line (ssl, crt); then: systemctl restart "
                + "haproxy (a reload hands the old socket on, and its backlog)")
    }

    func openFiles(_ value: UInt64) -> String? {
        "no ulimit-n below \(value) in haproxy's global section, and its maxconn"
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        [
            ProgramSetting(
                "maxconn",
                "in haproxy's global section and frontend ('show info' at its stats socket says Maxconn and "
                    + "CurrConns); then: systemctl reload haproxy")
        ]
    }

    func keepalive(to endpoint: String) -> ProgramSetting? {
        ProgramSetting(
            "http-reuse", line: "http-reuse safe",
            "in haproxy's backend, without option httpclose and option http-server-close; then: systemctl "
                + "reload haproxy")
    }

    /// In brackets: what follows the last colon were a port.
    func source(_ address: IPAddress?) -> ProgramSetting? {
        let text: ConfigurationLine = address.map { $0.family == .ipv6 ? "[\($0)]" : "\($0)" } ?? "ADDRESS"
        return ProgramSetting(
            "source", line: "source \(text)",
            "in haproxy's backend, without a port; then: systemctl reload haproxy")
    }
}
