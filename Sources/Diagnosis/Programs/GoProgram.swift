// SPDX-License-Identifier: Apache-2.0
import Model

/// A goroutine for each connection; the backlog is always `net.core.somaxconn`
/// (`maxListenerBacklog`, net/sock_linux.go).
struct GoProgram: ServerProgram {
    let name = "go"

    init?(_ process: Invocation) {
        guard process.facts.isGo else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "somaxconn",
            "Go reads net.core.somaxconn when a program first listens, and has no other setting for it",
            what: "restart \(service.command) once net.core.somaxconn is \(value) or more: a program in Go "
                + "asks for a queue as long as that")
    }

    func keepalive(to endpoint: String) -> ProgramSetting? {
        ProgramSetting(
            "MaxIdleConnsPerHost", line: "MaxIdleConnsPerHost: 100",
            "in the http.Transport of the program's source (without it two are kept), and read each body to "
                + "its end before Close")
    }
}
