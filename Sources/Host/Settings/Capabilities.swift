// SPDX-License-Identifier: Apache-2.0

/// A privilege that tracing may need.
public enum Capability: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    // The kernel's numbers.
    case netAdmin = 12
    case sysPtrace = 19
    case sysAdmin = 21
    case sysResource = 24
    case perfmon = 38
    case bpf = 39

    /// "CAP_BPF"
    public var description: String {
        switch self {
        case .netAdmin: "CAP_NET_ADMIN"
        case .sysPtrace: "CAP_SYS_PTRACE"
        case .sysAdmin: "CAP_SYS_ADMIN"
        case .sysResource: "CAP_SYS_RESOURCE"
        case .perfmon: "CAP_PERFMON"
        case .bpf: "CAP_BPF"
        }
    }
}

/// The privileges that this process has in effect.
public struct Capabilities: Sendable, Hashable {
    public let bits: UInt64

    public init(bits: UInt64) {
        self.bits = bits
    }

    public static func effective() throws(HostError) -> Capabilities {
        let path = "/proc/thread-self/status"
        guard let capabilities = Capabilities(status: try readText(path)) else {
            throw HostError("read \(path)", detail: "it has no CapEff line")
        }
        return capabilities
    }

    /// - Parameter status: a process's `status` file.
    public init?(status: String) {
        for line in status.lines where line.hasPrefix("CapEff:") {
            let digits = line.dropFirst("CapEff:".count).drop { $0 == "\t" || $0 == " " }
            guard let bits = UInt64(digits, radix: 16) else { return nil }
            self.bits = bits
            return
        }
        return nil
    }

    /// CAP_SYS_ADMIN still includes the two that were split off it.
    public func has(_ capability: Capability) -> Bool {
        let alone = bits >> UInt64(capability.rawValue) & 1 != 0
        switch capability {
        case .bpf, .perfmon: return alone || bits >> UInt64(Capability.sysAdmin.rawValue) & 1 != 0
        default: return alone
        }
    }

    /// Those of `wanted` that are not there, in that order.
    public func missing(of wanted: [Capability] = Capability.allCases) -> [Capability] {
        wanted.filter { !has($0) }
    }
}
