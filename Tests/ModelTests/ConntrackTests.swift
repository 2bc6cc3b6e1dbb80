// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@Suite struct ConntrackTests {
    private func table(
        count: UInt64 = 10, of maximum: UInt64? = 100, full: UInt64? = 0, failed: UInt64? = 0
    ) -> Conntrack {
        Conntrack(count: count, maximum: maximum, full: full, insertFailed: failed, earlyDrop: 0)
    }

    @Test func useIsAsOfNowAndCountsAreTheDifference() {
        var later = table(count: 50, full: 12, failed: nil)
        later.subtract(table(count: 20, full: 2, failed: 1))
        #expect(later == table(count: 50, full: 10, failed: nil))
    }

    @Test func subtractsAcrossAFullCounter() {
        var later = table(full: 5)
        later.subtract(table(full: 0xffff_fff0))
        #expect(later.full == 21)
    }

    @Test func aProgramsCounterIsNeverFull() {
        var later = table(full: 1 << 33)
        later.backend = .fentry
        later.subtract(table(full: 5))
        #expect(later.full == (1 << 33) - 5)
    }

    @Test func exactNumbersTakeTheCountersPlace() {
        var snapshot = DropsSnapshot(time: 0, wallTime: 0, backend: .kprobe)
        snapshot.conntrack = [1: table(full: 9), 2: table(full: 3)]
        snapshot.totals.setConntrackFull([1: 7, 3: 2], by: .kprobe)
        #expect(snapshot.conntrack.mapValues(\.full) == [1: 7, 2: 0, 3: 2])
        #expect(snapshot.conntrack.values.allSatisfy { $0.backend == .kprobe })
        // Nobody has looked at that namespace: it came and went.
        #expect(snapshot.conntrack[3]?.count == nil && snapshot.conntrack[3]?.isTight == true)
    }

    @Test func isTightWhenItCostsConnectionsOrSoonWill() {
        #expect(!table().isTight && !table(count: 89).isTight && !table(count: 1000, of: nil).isTight)
        #expect(table(count: 90).isTight && table(full: 1).isTight && table(failed: 1).isTight)
    }
}
