// SPDX-License-Identifier: Apache-2.0
import BPF
import Glibc
import Host

/// What must be so before anything can be traced, in the order in which the
/// reader can do something about it.
struct Preflight {
    var kernel: KernelRelease
    /// `nil`: not known.
    var missingCapabilities: [Capability]?
    var lockdown: Lockdown
    var hasBTF: Bool

    /// The capabilities that tracing takes: either these, or CAP_SYS_ADMIN.
    static let needed: [Capability] = [.bpf, .perfmon]

    /// As this machine is.
    static func current() -> Preflight {
        Preflight(
            kernel: KernelRelease.current(),
            missingCapabilities: (try? Capabilities.effective())?.missing(of: needed),
            lockdown: Lockdown.current(), hasBTF: access("/sys/kernel/btf/vmlinux", F_OK) == 0)
    }

    func requireTracing() throws {
        if let obstacle { throw Failure.cannotTrace("\(lines: obstacle)") }
    }

    /// Why nothing can be traced here; `nil`: it can, as far as can be told without trying.
    var obstacle: String? {
        if kernel.version < (5, 8) {
            return "Linux \(kernel.release) is too old: tcpwhy needs 5.8 or later (BPF ring buffers)"
        }
        if !hasBTF {
            return "this kernel has no type information (/sys/kernel/btf/vmlinux)\n"
                + "tcpwhy needs a kernel built with CONFIG_DEBUG_INFO_BTF, as distributions' are"
        }
        if let missing = missingCapabilities, !missing.isEmpty {
            let names = missing.map(\.description).joined(separator: " and ")
            return "cannot load BPF programs without \(names)\nrun it as root: sudo tcpwhy …"
        }
        if lockdown == .confidentiality {
            return "kernel lockdown is in confidentiality mode, which forbids tracing\n"
                + "boot with lockdown=integrity, or without, to use tcpwhy"
        }
        return nil
    }
}
