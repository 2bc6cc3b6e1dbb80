// SPDX-License-Identifier: Apache-2.0
import Model
import Seeded
import Testing

@Suite struct PortsSnapshotTests {
    static let key = ConnectKey(
        kind: .connect, pid: 1, command: "nginx", netns: 4_026_531_840, family: .ipv4, source: nil,
        destination: IPAddress(127, 0, 0, 1), port: 9000)

    static func randomStats(_ random: inout SeededGenerator) -> ConnectStats {
        var stats = ConnectStats()
        stats.connects = random.spread(bits: 12)
        stats.abandoned = random.spread(bits: 3)
        stats.bound = random.spread(bits: 3)
        stats.untimed = random.spread(bits: 3)
        stats.unknown = random.spread(bits: 3)
        stats.certain = random.spread(bits: 3)
        stats.checks = random.spread(bits: 12)
        stats.reused = Bool.random(using: &random) ? nil : random.spread(bits: 3)
        for number: Int32 in [99, 101, 111] where Bool.random(using: &random) {
            stats.failed[number] = random.spread(bits: 6)
        }
        stats.search = Bool.random(using: &random) ? nil : Distribution()
        stats.tried = Bool.random(using: &random) ? nil : Distribution()
        stats.triedMethod = [nil, .counted, .derived, .estimated].randomElement(using: &random)!
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            stats.search?.record(random.spread())
            stats.tried?.record(random.spread(bits: 16))
            stats.call.record(random.spread())
        }
        return stats
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func mergingIsTheSameInAnyOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = (0..<6).map { _ in Self.randomStats(&random) }
        let straight = parts.dropFirst().reduce(parts[0]) { $0.merging($1) }
        for _ in 0..<5 {
            let shuffled = parts.shuffled(using: &random)
            #expect(shuffled.dropFirst().reduce(shuffled[0]) { $0.merging($1) } == straight)
            let left = shuffled[1...2].reduce(shuffled[0]) { $0.merging($1) }
            let right = shuffled[4...5].reduce(shuffled[3]) { $0.merging($1) }
            #expect(left.merging(right) == straight)
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func laterMinusEarlierPlusEarlierIsLater(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var earlier = Self.randomStats(&random)
        earlier.search = Distribution()
        earlier.tried = Distribution()
        earlier.tried?.record(7)
        earlier.search?.record(random.spread())
        earlier.reused = 3
        earlier.triedMethod = .derived
        earlier.failed = earlier.failed.filter { $0.value > 0 }
        var growth = Self.randomStats(&random)
        growth.triedMethod = .derived
        growth.failed = growth.failed.filter { $0.value > 0 }
        let later = earlier.merging(growth)
        var interval = later
        interval.subtract(earlier)
        #expect(interval.merging(earlier) == later)
        #expect(interval.connects == growth.connects)
        #expect(interval.failed == growth.failed)
    }

    @Test func mergingKeepsWhatOnlyOneSideMeasured() {
        var blind = ConnectStats()
        blind.search = nil
        blind.reused = nil
        var seeing = ConnectStats()
        seeing.search?.record(70)
        seeing.reused = 2
        #expect(blind.merging(seeing).search?.sum == 70)
        #expect(seeing.merging(blind).reused == 2)
        #expect(ConnectStats().merging(blind).search == nil)
        #expect(ConnectStats().merging(blind).reused == nil)
    }

    @Test func anIntervalHoldsOnlyWhatHappenedInIt() {
        var quiet = Self.key
        quiet.pid = 2
        var new = Self.key
        new.pid = 3
        var stats = ConnectStats()
        stats.connects = 10
        stats.failed = [99: 4]
        var grown = stats
        grown.connects = 25
        grown.failed = [99: 4, 111: 1]
        var loss = Loss()
        loss.ring = 5
        loss.missed = ["handle_connect": 2]
        var laterLoss = loss
        laterLoss.ring = 8
        let earlier = PortsSnapshot(
            time: 1_000_000_000, wallTime: 10, backend: .kprobe,
            connects: [Self.key: stats, quiet: stats], ranges: [], loss: loss)
        let later = PortsSnapshot(
            time: 3_500_000_000, wallTime: 12.5, backend: .kprobe,
            connects: [Self.key: grown, quiet: stats, new: stats], ranges: [], loss: laterLoss)
        let interval = later.since(earlier)
        #expect(interval.duration == 2.5)
        #expect(interval.wallTime == 12.5)
        #expect(interval.backend == .kprobe)
        #expect(Set(interval.connects.keys) == [Self.key, new])
        #expect(interval.connects[Self.key]?.connects == 15)
        #expect(interval.connects[Self.key]?.failed == [111: 1])
        #expect(interval.connects[new] == stats)
        #expect(interval.loss.ring == 3)
        #expect(interval.loss.missed.isEmpty)
        #expect(interval.total?.connects == 25)
    }

    @Test func lossesAddUpAndComeApart() {
        var one = Loss()
        one.ring = 1
        one.table = 2
        one.attempt = 3
        one.missed = ["a": 4]
        one.notAttributed = 5
        var two = one
        two.missed = ["a": 1, "b": 6]
        var both = one
        both.merge(two)
        #expect(both.ring == 2)
        #expect(both.missed == ["a": 5, "b": 6])
        #expect(both.missedTotal == 11)
        both.subtract(two)
        #expect(both == one)
        both.subtract(one)
        #expect(both.isEmpty)
    }
}
