// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import BPF
@testable import Probes

/// Names of drop reasons, from type information as the kernel has it.
@Suite struct DropReasonsTests {
    private static let core: [(String, [(String, UInt32)])] = [
        (
            "skb_drop_reason",
            [
                ("SKB_NOT_DROPPED_YET", 0), ("SKB_CONSUMED", 1), ("SKB_DROP_REASON_NOT_SPECIFIED", 2),
                ("SKB_DROP_REASON_NO_SOCKET", 3), ("SKB_DROP_REASON_TCP_RESET", 45),
            ]
        ),
        (
            "skb_drop_reason_subsys",
            [
                ("SKB_DROP_REASON_SUBSYS_CORE", 0), ("SKB_DROP_REASON_SUBSYS_MAC80211_UNUSABLE", 1),
                ("SKB_DROP_REASON_SUBSYS_OPENVSWITCH", 2),
            ]
        ),
    ]
    private static let openvswitch: [(String, [(String, UInt32)])] = [
        ("ovs_drop_reason", [("__OVS_DROP_REASON", 0x20000), ("OVS_DROP_EXPLICIT", 0x20002)])
    ]

    private func reasons(
        _ types: [(String, [(String, UInt32)])] = core,
        modules: [String: [(String, [(String, UInt32)])]] = [:]
    ) throws -> DropReasons {
        DropReasons(try Self.btf(types)) { name in modules[name].flatMap { try? Self.btf($0) } }
    }

    @Test func namesWithoutTheKernelsPrefix() throws {
        var reasons = try reasons()
        #expect(reasons.name(3) == "NO_SOCKET" && reasons.name(45) == "TCP_RESET" && reasons.name(99) == "99")
    }

    @Test func aModulesReasonsHaveItsNames() throws {
        var without = try reasons()
        #expect(without.name(0x20002) == "openvswitch:2" && without.name(0x50001) == "327681")
        var with = try reasons(modules: ["openvswitch": Self.openvswitch])
        #expect(with.name(0x20002) == "OVS_DROP_EXPLICIT" && with.name(0x20007) == "openvswitch:7")
        // mac80211_unusable is of the module mac80211.
        var wireless = try reasons(modules: [
            "mac80211": [("mac80211_drop_reason", [("RX_DROP_U_REPLAY", 0x10001)])]
        ])
        #expect(wireless.name(0x10001) == "RX_DROP_U_REPLAY")
        var builtIn = try reasons(Self.core + Self.openvswitch)
        #expect(builtIn.name(0x20002) == "OVS_DROP_EXPLICIT")
    }

    @Test(
        arguments: [
            ("NO_SOCKET", 3), ("no_socket", 3), ("SKB_DROP_REASON_NO_SOCKET", 3), ("3", 3),
            ("0x20002", 0x20002),
            ("openvswitch:2", 0x20002), ("ovs_drop_explicit", 0x20002), ("4294967295", 0xffff_ffff),
        ] as [(String, UInt32)])
    func findsTheNumber(text: String, number: UInt32) throws {
        var reasons = try reasons(modules: ["openvswitch": Self.openvswitch])
        #expect(try reasons.number(of: text) == number)
    }

    @Test(arguments: [
        ("NO_SOKCET", "near it: NO_SOCKET"), ("nonsense", "'tcpwhy drops' shows"),
        ("4294967296", "no drop reason"),
        ("0xzz", "no drop reason"), ("openvswitch:99999", "no drop reason"), ("other:1", "no drop reason"),
    ])
    func saysWhatIsNear(text: String, says: String) throws {
        var reasons = try reasons()
        let error = #expect(throws: BPFError.self) { try reasons.number(of: text) }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }

    @Test func aKernelWithoutReasonsSaysSo() throws {
        var reasons = try reasons([("tcp_state", [("TCP_LISTEN", 10)])])
        #expect(!reasons.exist && reasons.name(0) == nil)
        let error = #expect(throws: BPFError.self) { try reasons.number(of: "NO_SOCKET") }
        #expect(error?.description.contains("gives no reasons") == true)
    }

    /// Type information that holds these enumerations.
    private static func btf(_ enumerations: [(String, [(String, UInt32)])]) throws -> BTF {
        var strings: [UInt8] = [0]
        var types: [UInt8] = []
        func little(_ word: UInt32) -> [UInt8] {
            [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
        func string(_ text: String) -> UInt32 {
            defer { strings += Array(text.utf8) + [0] }
            return UInt32(strings.count)
        }
        for (name, values) in enumerations {
            types += little(string(name)) + little(6 << 24 | UInt32(values.count)) + little(4)
            for (name, value) in values { types += little(string(name)) + little(value) }
        }
        let sizes = [24, 0, UInt32(types.count), UInt32(types.count), UInt32(strings.count)]
        return try BTF([[0x9f, 0xeb, 1, 0] + sizes.flatMap(little) + types + strings])
    }
}
