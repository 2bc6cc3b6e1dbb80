// SPDX-License-Identifier: Apache-2.0

/// A privilege that tracing may need.
public enum Capability: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    // The kernel's numbers.
    case dacReadSearch = 2
    case netAdmin = 12
    case sysPtrace = 19
    case sysAdmin = 21
    case syslog = 34
    case perfmon = 38
    case bpf = 39

    /// "CAP_BPF"
    public var description: String {
        switch self {
        case .dacReadSearch: "CAP_DAC_READ_SEARCH"
        case .netAdmin: "CAP_NET_ADMIN"
        case .sysPtrace: "CAP_SYS_PTRACE"
        case .sysAdmin: "CAP_SYS_ADMIN"
        case .syslog: "CAP_SYSLOG"
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

    /// What root may do with other users' files: to replace one, and to give the new one the old
    /// one's owner and mode. CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER.
    public static let overFiles = Capabilities(bits: 1 << 0 | 1 << 1 | 1 << 3)

    /// To follow `/proc/PID/map_files` (`proc_map_files_get_link`): CAP_CHECKPOINT_RESTORE, since
    /// Linux 5.9.
    public static let ofMappedFiles = Capabilities(bits: 1 << 40)

    public func union(_ other: Capabilities) -> Capabilities { Capabilities(bits: bits | other.bits) }

    public init(_ capabilities: some Sequence<Capability>) {
        bits = capabilities.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
    }

    public static func effective() throws(HostError) -> Capabilities {
        try of("/proc/thread-self/status")
    }

    /// - Parameter path: a process's or a thread's `status` file.
    static func of(_ path: String, set: Kind = .effective) throws(HostError) -> Capabilities {
        guard let capabilities = Capabilities(status: try readText(path), set: set) else {
            throw HostError("read \(path)", detail: "it has no \(set.rawValue) line")
        }
        return capabilities
    }

    /// Which of them, as `status` names it.
    enum Kind: String {
        case effective = "CapEff"
        case permitted = "CapPrm"
    }

    /// - Parameter status: a process's `status` file.
    public init?(status: String) { self.init(status: status, set: .effective) }

    init?(status: String, set: Kind) {
        let name = "\(set.rawValue):"
        for line in status.lines where line.hasPrefix(name) {
            let digits = line.dropFirst(name.count).drop { $0 == "\t" || $0 == " " }
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
