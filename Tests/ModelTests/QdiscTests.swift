// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Model

@Suite struct QdiscTests {
    private func qdisc(
        _ kind: String = "pfifo", interface: UInt32 = 2, drops: UInt64, packets: UInt64 = 0
    ) -> Qdisc {
        var qdisc = Qdisc(id: Qdisc.ID(interface: interface, handle: 1 << 16, parent: Qdisc.root), kind: kind)
        qdisc.drops = drops
        qdisc.packets = packets
        return qdisc
    }

    @Test func countersAreOfTheTimeBetween() {
        let later = [qdisc(drops: 30, packets: 900), qdisc(interface: 3, drops: 7)]
        let between = later.since([qdisc(drops: 10, packets: 400)])
        #expect(between.map(\.drops) == [20, 7] && between.map(\.packets) == [500, 0])
    }

    /// In the same place, and another: it began at 0.
    @Test func anotherKindIsAnotherOne() {
        #expect([qdisc("sfq", drops: 30)].since([qdisc(drops: 10)]).map(\.drops) == [30])
    }

    @Test func counterThatBeganAnewIsNeverWrapped() {
        #expect([qdisc(drops: 3)].since([qdisc(drops: 10)]).map(\.drops) == [0])
    }
}
