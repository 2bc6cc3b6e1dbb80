// SPDX-License-Identifier: Apache-2.0
import Model

extension Fix {
    /// One that sets a kernel setting.
    /// - Parameters:
    ///   - name: "net.core.somaxconn"
    ///   - netns: where it is to be set; `nil`: in the machine's first namespace, for all of it.
    static func sysctl(
        _ what: String, _ name: String, _ value: String, in netns: UInt32?, _ seen: Observation,
        risk: String
    ) -> Fix {
        let prefix = netns.map(seen.prefix) ?? ""
        let assignment: ShellCommand =
            value.isEmpty
            ? "\(name)=" : value.contains(where: \.isWhitespace) ? "\(name)=\"\(value)\"" : "\(name)=\(value)"
        let file = "/etc/sysctl.d/90-\(name.split(separator: ".").last ?? "tcp").conf"
        let lasting: ShellCommand = "echo '\(name) = \(value)' > \(file)"
        return Fix(
            what, command: "\(prefix)sysctl -w \(assignment)",
            lasting: prefix.isEmpty
                ? lasting.text
                : "where the namespace is made (docker run --sysctl, a unit's ExecStartPre)",
            risk: risk, setting: .sysctl(name: name, value: value))
    }
}
