// SPDX-License-Identifier: Apache-2.0
import Model
import Seeded
import Testing

@testable import Host

@Suite struct FirewallTests {
    private static let table = FirewallTable(.inet, "t")
    private static let filter = FirewallTable(.ip, "filter")

    /// - Parameter decode: gets the family and the attributes of each message.
    private static func decode<Value>(
        _ bytes: [UInt8], _ decode: (UInt8, ArraySlice<UInt8>) -> Value?
    ) -> [Value] {
        NetlinkMessage.all(in: bytes).compactMap { message in
            message.body.first.flatMap { decode($0, message.body.dropFirst(4)) }
        }
    }

    private static func list(_ bytes: [UInt8]) -> RuleList {
        var list = RuleList()
        for rule in decode(bytes, NetfilterDecoding.rule) { list.add(rule) }
        return list
    }

    private static let list = list(FirewallRecording.rules)

    private func rule(
        _ position: Int, _ table: FirewallTable = table, _ chain: String = "in"
    ) throws -> FirewallRule {
        try #require(
            Self.list.rules.first { $0.table == table && $0.chain == chain && $0.position == position })
    }

    @Test func tablesTellWhetherTheyAreSwitchedOff() {
        let tables = Self.decode(FirewallRecording.tables, NetfilterDecoding.table)
        #expect(tables.filter(\.isDormant).map(\.0) == [FirewallTable(.ip, "off")])
        #expect(
            Set(tables.map(\.0)) == [
                Self.table, Self.filter, FirewallTable(.netdev, "n"), FirewallTable(.ip, "off"),
            ])
    }

    @Test func chainsHaveTheirHooks() {
        let chains = Self.decode(FirewallRecording.chains, NetfilterDecoding.chain)
        let expected: Set<FirewallChain> = [
            FirewallChain(Self.table, "in", base: .init(.input, priority: -5, drops: true)),
            FirewallChain(Self.table, "sub"),
            FirewallChain(
                FirewallTable(.netdev, "n"), "ing", base: .init(.ingress, priority: 0, drops: false)),
            FirewallChain(FirewallTable(.ip, "off"), "out", base: .init(.output, priority: 10, drops: false)),
            FirewallChain(Self.filter, "INPUT", base: .init(.input, priority: 0, drops: false)),
            FirewallChain(Self.filter, "OUTPUT", base: .init(.output, priority: 0, drops: false)),
            FirewallChain(Self.filter, "FORWARD", base: .init(.forward, priority: 0, drops: true)),
        ]
        #expect(Set(chains) == expected && chains.count == expected.count)
    }

    @Test func rulesSayWhatTheyDrop() throws {
        let drop = try rule(2)
        #expect(drop.verdict == .drop && drop.destination == PortMatch([8080...8080]) && drop.source == .any)
        #expect(drop.packets == 0 && !drop.hasOtherConditions && drop.handle > 0)
        let ranges: [(Int, [ClosedRange<UInt16>])] = [
            (3, [8081...8081]), (4, [100...200]), (5, [1000...1999]), (6, [0...21, 23...65535]),
        ]
        for (position, ranges) in ranges { #expect(try rule(position).destination.ranges == ranges) }
    }

    @Test func rejectionsAreToldFromDrops() throws {
        #expect(try rule(3).verdict == .reject(.reset))
        #expect(try rule(4).verdict == .reject(.icmp))
        #expect(try rule(2, Self.table, "sub").verdict == .reject(.icmp))
        #expect(try rule(2, Self.filter, "INPUT").verdict == .reject(.reset))
        #expect(try rule(1, Self.filter, "OUTPUT").verdict == .reject(.icmp))
    }

    /// A set, a rate, an address: such a rule may let packets pass.
    @Test func otherConditionsAreSeen() throws {
        for position in [1, 7, 8, 9, 12] { #expect(try rule(position).hasOtherConditions, "\(position)") }
        #expect(try rule(8).verdict == .map && rule(1).verdict == .accept)
        #expect(try rule(3, Self.filter, "INPUT").hasOtherConditions)
        #expect(try !rule(11).hasOtherConditions && rule(11).family == .ipv6)
    }

    @Test func otherProtocolsRulesAreLeftOut() {
        // The rule's place counts all the same.
        #expect(!Self.list.rules.contains { $0.table == Self.table && $0.chain == "in" && $0.position == 10 })
    }

    @Test func rulesLeadToChains() throws {
        #expect(try rule(14).verdict == .jump("sub") && rule(15).verdict == .goto("sub"))
        let back = try rule(1, Self.table, "sub")
        #expect(back.verdict == .back && back.source == PortMatch([9000...9000]))
    }

    @Test func tablesOfNftAreToldFromThoseOfIptables() {
        #expect(Self.list.nativeTables == [Self.table])
    }

    /// What is cut off or damaged is left out, and nothing is read beyond it.
    @Test func damageIsNoTrap() {
        for length in stride(from: 0, to: FirewallRecording.rules.count, by: 7) {
            let whole = Self.list(Array(FirewallRecording.rules.prefix(length)))
            #expect(Self.list.rules.starts(with: whole.rules))
        }
        var generator = SeededGenerator(seed: 15)
        for recording in [FirewallRecording.tables, FirewallRecording.chains, FirewallRecording.rules] {
            for _ in 0..<200 {
                var bytes = recording
                for _ in 0..<8 {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
                        in: 0...255, using: &generator)
                }
                _ = Self.decode(bytes, NetfilterDecoding.table)
                _ = Self.decode(bytes, NetfilterDecoding.chain)
                #expect(Self.list(bytes).rules.count <= 64)
            }
        }
    }
}
