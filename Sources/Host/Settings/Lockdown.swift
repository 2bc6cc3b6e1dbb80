// SPDX-License-Identifier: Apache-2.0

/// How far the kernel keeps even root out of itself.
public enum Lockdown: String, Sendable, Hashable {
    case none, integrity, confidentiality
    /// securityfs is not mounted, or the kernel has no lockdown.
    case unknown

    public static func current() -> Lockdown {
        guard let text = try? readText("/sys/kernel/security/lockdown") else { return .unknown }
        return Lockdown(parsing: text)
    }

    /// - Parameter text: "none [integrity] confidentiality"
    public init(parsing text: String) {
        let chosen = text.drop { $0 != "[" }.dropFirst().prefix { $0 != "]" }
        self = Lockdown(rawValue: String(chosen)) ?? .unknown
    }
}
