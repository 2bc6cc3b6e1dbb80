// SPDX-License-Identifier: Apache-2.0

/// How a number came to be. Every number that is shown names one.
public enum Backend: String, Sendable, Hashable, CaseIterable {
    /// BPF trampolines at function entry and exit: everything, cheapest.
    case fentry
    /// kprobe and kretprobe: everything, dearer; a kretprobe can run out of instances.
    case kprobe
    /// Tracepoints and iterators only: locked-down kernels.
    case tracepoint
}

/// How the ports that a search tried were found out.
public enum PortMethod: String, Sendable, Hashable {
    /// From `table_perturb` at entry and the port chosen at exit (`__inet_hash_connect`).
    case derived
    /// Calls of `__inet_check_established` and its IPv6 twin.
    case counted
    /// From the share of the range that is held: no probe saw the search.
    case estimated
}
