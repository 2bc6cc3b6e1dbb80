// SPDX-License-Identifier: Apache-2.0
import BPF
import Host

/// What must be so before anything can be traced, in the order in which the
/// reader can do something about it.
struct Preflight {
    var kernel: KernelRelease
    /// `nil`: not known.
    var missingCapabilities: [Capability]?
    /// Whether its capabilities are those of another user namespace than the first.
    var isInUserNamespace = false
    var lockdown: Lockdown
    /// Why the kernel's types cannot be read, and what to do; `nil`: they can.
    var typesObstacle: String?
    /// Why what is known of the machine is not enough; `nil`: it is, or that was not tried.
    var machineObstacle: String?

    /// The capabilities that tracing takes: either these, or CAP_SYS_ADMIN.
    static let needed: [Capability] = [.bpf, .perfmon]

    /// As this machine is.
    static func current() -> Preflight {
        var preflight = Preflight(
            kernel: KernelRelease.current(),
            missingCapabilities: (try? Capabilities.effective())?.missing(of: needed),
            isInUserNamespace: UserNamespace.isFirst() == false, lockdown: Lockdown.current(),
            typesObstacle: BTF.obstacle())
        // What it takes is told first if it is not there.
        if preflight.obstacle == nil {
            do throws(BPFError) { _ = try PossibleCPUs.count() } catch {
                preflight.machineObstacle = "\(error)"
            }
        }
        return preflight
    }

    func requireTracing() throws {
        if let obstacle { throw Failure.cannotTrace("\(lines: obstacle)") }
    }

    /// Why nothing can be traced here; `nil`: it can, as far as can be told without trying.
    var obstacle: String? {
        if kernel.version < (5, 8) {
            return "Linux \(kernel.release) is too old: tcpwhy needs 5.8 or later (BPF ring buffers)"
        }
        if isInUserNamespace {
            return "tcpwhy runs in a user namespace (unshare -r, a rootless container), whose root has no "
                + "privileges over the kernel\nrun it on the host: sudo tcpwhy …"
        }
        if let typesObstacle { return typesObstacle }
        if let missing = missingCapabilities, !missing.isEmpty {
            let names = missing.map(\.description).joined(separator: " and ")
            return "cannot load BPF programs without \(names)\nrun it as root: sudo tcpwhy …"
        }
        if lockdown == .confidentiality {
            return "kernel lockdown is in confidentiality mode, which forbids tracing\n"
                + "boot with lockdown=integrity, or without, to use tcpwhy"
        }
        return machineObstacle
    }
}
