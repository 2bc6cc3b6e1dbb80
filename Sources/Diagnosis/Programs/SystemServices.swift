// SPDX-License-Identifier: Apache-2.0
import Model

/// A process for each connection, of which the first one accepts all that come.
struct SSHD: ServerProgram {
    let name = "sshd"
    /// `SSH_LISTEN_BACKLOG`
    var defaultBacklog: Int? { 128 }

    init?(_ process: Invocation) {
        guard process.isNamed("sshd") else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "Backlog", "sshd has no setting for it: 128 is in its source",
            what:
                "have systemd listen in sshd's place (ssh.socket with ListenStream=\(service.endpoint)), whose "
                + "Backlog= may be \(value)")
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        [
            ProgramSetting(
                "MaxStartups",
                "in sshd_config (sshd -T prints today's value): beyond it sshd closes what it has accepted; "
                    + "then: systemctl reload ssh")
        ]
    }
}

/// systemd listens in a service's place, and hands the socket over.
struct SystemdSocket: ServerProgram {
    let name = "systemd"

    init?(_ process: Invocation) {
        // "init" where it is a link to systemd.
        guard process.isNamed("systemd") || process.pid == 1 && process.isNamed("init") else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "Backlog", value: value, line: "Backlog=\(value)",
            "in section [Socket] of the unit with ListenStream=\(service.endpoint) (systemctl list-sockets "
                + "names it); then: systemctl daemon-reload, and restart that .socket unit")
    }
}
