// SPDX-License-Identifier: Apache-2.0
public import BPF
import Model

/// The running kernel's names of drop reasons: their numbers differ between versions.
public struct DropReasons {
    /// Whether the kernel has any (5.17).
    public let exist: Bool
    private var names: [UInt32: String] = [:]
    /// Of the subsystems that number their own; the upper half of the reason.
    private var subsystems: [UInt32: String] = [:]
    /// Those whose module was looked for.
    private var looked: Set<UInt32> = []
    private let moduleTypes: (String) -> BTF?

    /// - Throws: the kernel has no type information.
    public static func current() throws(BPFError) -> DropReasons {
        DropReasons(try BackendChoice.types())
    }

    /// - Parameter moduleTypes: the types of a module that is loaded.
    init(_ btf: borrowing BTF, moduleTypes: @escaping (String) -> BTF? = { try? BTF.module($0) }) {
        self.moduleTypes = moduleTypes
        let reasons = btf.enumeration("skb_drop_reason") ?? []
        exist = !reasons.isEmpty
        for (name, value) in reasons {
            names[UInt32(truncatingIfNeeded: value)] = Self.short(name, Self.prefix)
        }
        for (name, value) in btf.enumeration("skb_drop_reason_subsys") ?? [] {
            subsystems[UInt32(truncatingIfNeeded: value)] =
                Self.short(name, Self.prefix + "SUBSYS_").lowercased()
        }
        // Of subsystems that are built in.
        if subsystems.count > 1 { addSubsystems(btf) }
    }

    /// Of a packet for which there is no socket; 0: this kernel does not say.
    var noSocket: UInt32 { names.first { $0.value == "NO_SOCKET" }?.key ?? 0 }

    /// "NETFILTER_DROP"; "OVS_DROP_EXPLICIT" of a module; "openvswitch:3" where its names
    /// are not to be had; else the number.
    mutating func name(_ reason: UInt32) -> String? {
        guard exist else { return nil }
        if let name = names[reason] { return name }
        let subsystem = reason >> 16
        guard subsystem != 0, let prefix = subsystems[subsystem] else { return "\(reason)" }
        look(for: subsystem)
        return names[reason] ?? "\(prefix):\(reason & 0xffff)"
    }

    /// The number of a reason as `name` shows it, the kernel's prefix before it or not.
    /// - Throws: there is none such, and which are near.
    public mutating func number(of text: String) throws(BPFError) -> UInt32 {
        guard exist else {
            throw BPFError(
                .notSupported,
                saying:
                    "this kernel gives no reasons for dropped packets (Linux 5.17 does): leave out --reason")
        }
        let wanted = Self.short(text.uppercased(), Self.prefix)
        if let number = number(wanted) { return number }
        if let reason = names.first(where: { $0.value == wanted })?.key { return reason }
        for subsystem in subsystems.keys where subsystem != 0 { look(for: subsystem) }
        if let reason = names.first(where: { $0.value.uppercased() == wanted })?.key { return reason }
        let near = NearNames.of(wanted, among: names.values.sorted())
        throw BPFError(
            .notSupported,
            saying: "this kernel has no drop reason '\(Printable.text(text))'"
                + (near.isEmpty
                    ? "\n'tcpwhy drops' shows those that occur"
                    : "\nnear it: \(near.joined(separator: ", "))"))
    }

    /// "3", "0x30001", "OPENVSWITCH:1"
    private func number(_ text: String) -> UInt32? {
        if text.hasPrefix("0X") { return UInt32(text.dropFirst(2), radix: 16) }
        if let number = UInt32(text) { return number }
        let parts = text.split(separator: ":")
        guard parts.count == 2, let low = UInt16(parts[1]),
            let subsystem = subsystems.first(where: { $0.value == parts[0].lowercased() })?.key
        else { return nil }
        return subsystem << 16 | UInt32(low)
    }

    /// A module may have been loaded since; it is asked once, when a reason of its comes up.
    private mutating func look(for subsystem: UInt32) {
        guard looked.insert(subsystem).inserted, let name = subsystems[subsystem] else { return }
        // Some have two: mac80211_unusable and mac80211_monitor.
        var modules = [name]
        if let underscore = name.firstIndex(of: "_") { modules.append(String(name[..<underscore])) }
        if let types = modules.lazy.compactMap(moduleTypes).first { addSubsystems(types) }
    }

    /// Each has an enumeration ("ovs_drop_reason") whose numbers begin with its own.
    private mutating func addSubsystems(_ btf: borrowing BTF) {
        for (name, value) in btf.enumerators(of: { $0.hasSuffix("_drop_reason") && $0 != "skb_drop_reason" })
        {
            let reason = UInt32(truncatingIfNeeded: value)
            if reason & 0xffff != 0, reason >> 16 != 0, subsystems[reason >> 16] != nil {
                names[reason] = name
            }
        }
    }

    private static let prefix = "SKB_DROP_REASON_"

    private static func short(_ name: String, _ prefix: String) -> String {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    }
}
