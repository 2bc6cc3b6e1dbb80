// SPDX-License-Identifier: Apache-2.0
import BPF
import Host

/// What must be so before anything can be traced, checked in the order in which
/// the reader can do something about it.
enum Preflight {
    /// The capabilities that tracing takes: either these, or CAP_SYS_ADMIN.
    static let needed: [Capability] = [.bpf, .perfmon]

    static func requireTracing() throws {
        if let reason = obstacle() { throw Failure.cannotTrace(reason) }
    }

    /// Why nothing can be traced here; `nil`: it can, as far as can be told without trying.
    static func obstacle() -> String? {
        let kernel = KernelRelease.current()
        if kernel.version < (5, 8) {
            return "Linux \(kernel.release) is too old: tcpwhy needs 5.8 or later (BPF ring buffers)"
        }
        if let missing = missingCapabilities(), !missing.isEmpty {
            let names = missing.map(\.description).joined(separator: " and ")
            return "cannot load BPF programs without \(names)\nrun it as root: sudo tcpwhy …"
        }
        if Lockdown.current() == .confidentiality {
            return "kernel lockdown is in confidentiality mode, which forbids tracing\n"
                + "boot with lockdown=integrity, or without, to use tcpwhy"
        }
        return nil
    }

    /// `nil`: not known.
    static func missingCapabilities() -> [Capability]? {
        guard let held = try? Capabilities.effective() else { return nil }
        if held.has(.sysAdmin) { return [] }
        return held.missing(of: needed)
    }
}
