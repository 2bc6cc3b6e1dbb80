// SPDX-License-Identifier: Apache-2.0
public import Host

/// What tracing takes each capability for: what `check` says is missing without it, and what a
/// trace keeps once everything is attached.
public struct Privilege: Sendable {
    public let capability: Capability
    /// What is not to be had without it.
    public let without: String

    /// Those without which nothing can be traced come first.
    public static let all = [
        Privilege(.bpf, "nothing can be traced"),
        Privilege(.perfmon, "nothing can be traced"),
        Privilege(
            .sysAdmin,
            "no other network namespaces; no calls of connect, bind and accept where tracefs is not mounted; "
                + "not where processes wait in the kernel"),
        Privilege(
            .sysPtrace,
            "of other users' processes neither their sockets nor the names of their functions; no network "
                + "namespaces that only they are in"),
        Privilege(.dacReadSearch, "not which sockets other users' processes hold"),
        Privilege(.syslog, "no names of the kernel's functions; ports tried are counted, not derived"),
        Privilege(.netAdmin, "no rules of the firewall"),
    ]

    private init(_ capability: Capability, _ without: String) {
        self.capability = capability
        self.without = without
    }
}

extension Questions {
    /// What a trace keeps once everything is attached: what answering takes, and what makes answers better
    /// where it is there.
    func capabilitiesKept(isElsewhere: Bool, isReadingPrivileged: Bool) -> Capabilities {
        var kept = Capabilities(
            privilegesKept(isElsewhere: isElsewhere, isReadingPrivileged: isReadingPrivileged))
        if writesFiles { kept = kept.union(.overFiles) }
        // CAP_SYS_ADMIN includes it.
        if namesUserFunctions, !kept.has(.sysAdmin) { kept = kept.union(.ofMappedFiles) }
        return kept
    }

    /// The privileges that answering takes once everything is attached.
    /// - Parameters:
    ///   - isElsewhere: whether other network namespaces than this process's own are looked into.
    ///   - isReadingPrivileged: whether this kernel lets only privileged threads use what they have
    ///     open of BPF: older ones do, where `kernel.unprivileged_bpf_disabled` is set.
    func privilegesKept(isElsewhere: Bool, isReadingPrivileged: Bool) -> Set<Capability> {
        var kept: Set<Capability> = []
        if isReadingPrivileged { kept.insert(.bpf) }
        // Processes are where namespaces are found.
        if isElsewhere, looksIntoNamespaces { kept.formUnion([.sysAdmin, .sysPtrace]) }
        if looksAtProcesses { kept.formUnion([.sysPtrace, .dacReadSearch]) }
        if namesKernelFunctions { kept.insert(.syslog) }
        // Firewalls, and where processes wait in the kernel.
        if machine { kept.formUnion([.netAdmin, .sysAdmin]) }
        return kept
    }

    private var looksIntoNamespaces: Bool {
        listeners != nil || machine || ports.map { $0.ranges != .never } ?? false
    }

    /// At the sockets that they hold, or at the functions that they run.
    private var looksAtProcesses: Bool {
        machine || listeners.map { $0.owners != .never || $0.namesSockets } ?? false || namesUserFunctions
    }

    private var namesUserFunctions: Bool { samples != nil || isSearchStacks }

    private var namesKernelFunctions: Bool {
        samples != nil || ways || isSearchStacks || listeners.map { $0.packets != .none } ?? false
    }

    private var isSearchStacks: Bool {
        guard case .searchStacks? = ports?.form else { return false }
        return true
    }
}
