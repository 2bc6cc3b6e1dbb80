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
        let assignment = value.contains(where: \.isWhitespace) ? "\(name)=\"\(value)\"" : "\(name)=\(value)"
        return Fix(
            what, command: "\(prefix)sysctl -w \(assignment)",
            lasting: prefix.isEmpty
                ? "echo '\(name) = \(value)' > /etc/sysctl.d/90-\(name.split(separator: ".").last ?? "tcp").conf"
                : "where the namespace is made (docker run --sysctl, a unit's ExecStartPre)",
            risk: risk, setting: .sysctl(name: name, value: value))
    }
}
