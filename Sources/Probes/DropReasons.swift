// SPDX-License-Identifier: Apache-2.0
import BPF

/// The running kernel's names of drop reasons: their numbers differ between versions.
struct DropReasons {
    /// Whether the kernel has any (5.17).
    let exist: Bool
    private var names: [UInt32: String] = [:]
    /// Of the subsystems that number their own; the upper half of the reason.
    private var subsystems: [UInt32: String] = [:]

    init(_ btf: borrowing BTF) {
        let reasons = btf.enumeration("skb_drop_reason") ?? []
        exist = !reasons.isEmpty
        for (name, value) in reasons {
            names[UInt32(truncatingIfNeeded: value)] = Self.short(name, "SKB_DROP_REASON_")
        }
        for (name, value) in btf.enumeration("skb_drop_reason_subsys") ?? [] {
            subsystems[UInt32(truncatingIfNeeded: value)] =
                Self.short(name, "SKB_DROP_REASON_SUBSYS_").lowercased()
        }
    }

    /// "NETFILTER_DROP"; "openvswitch:3" of a module whose names are not here; else the number.
    func name(_ reason: UInt32) -> String? {
        guard exist else { return nil }
        if let name = names[reason] { return name }
        let subsystem = reason >> 16
        guard subsystem != 0, let name = subsystems[subsystem] else { return "\(reason)" }
        return "\(name):\(reason & 0xffff)"
    }

    private static func short(_ name: String, _ prefix: String) -> String {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    }
}
