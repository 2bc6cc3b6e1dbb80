// SPDX-License-Identifier: Apache-2.0
import Model
import Seeded
import Testing

@Suite struct PortRangeTests {
    static func range(
        _ low: UInt16 = 20000, _ high: UInt16 = 20050, reserved: UInt32 = 0, inUse: UInt32 = 0,
        timeWait: UInt32 = 0, reuses: Bool = false, firstHalf: PortRange.Half? = nil
    ) -> PortRange {
        PortRange(
            destination: Destination(netns: 1, address: IPAddress(127, 0, 0, 1), port: 9000),
            low: low, high: high, reserved: reserved, inUse: inUse, timeWait: timeWait,
            reusesTimeWait: reuses, recycled: nil, firstHalf: firstHalf)
    }

    @Test func bothEndsBelongToTheRange() {
        #expect(Self.range().size == 51)
        #expect(Self.range(1, 65535).size == 65535)
        #expect(Self.range(5, 5).size == 1)
        #expect(Self.range(6, 5).size == 0)
        #expect(Self.range(reserved: 11).available == 40)
        #expect(Self.range(reserved: 60).available == 0)
    }

    @Test func aFreeRangeTakesOneTry() {
        #expect(Self.range().expectedTried == 1)
        #expect(
            Self.range().estimatedTried(connects: 10, exhausted: 0)
                == EstimatedTried(count: 10, p50: 1, p99: 1, sum: 10))
    }

    @Test func anExhaustedRangeIsTriedAsAWhole() {
        let full = Self.range(inUse: 51)
        #expect(full.isExhausted)
        #expect(full.expectedTried == 51)
        #expect(
            full.estimatedTried(connects: 4, exhausted: 4)
                == EstimatedTried(count: 4, p50: 51, p99: 51, sum: 204))
    }

    @Test func aSearchThatSucceededFoundAPortFree() {
        // Full at the snapshot, yet three of four found a port: the last one free.
        let estimate = Self.range(inUse: 51).estimatedTried(connects: 4, exhausted: 1)
        #expect(estimate == EstimatedTried(count: 4, p50: 34, p99: 51, sum: 3 * 26 + 51))
    }

    @Test func timeWaitBlocksUnlessItMayBeTakenOver() {
        let blocked = Self.range(10000, 19999, inUse: 9000, timeWait: 9000)
        #expect(blocked.blocking == 9000)
        #expect(abs(blocked.expectedTried - 9.991) < 0.001)
        let reused = Self.range(10000, 19999, inUse: 9000, timeWait: 9000, reuses: true)
        #expect(reused.blocking == 0)
        #expect(reused.expectedTried == 1)
        #expect(reused.share == 0.9)
    }

    @Test func moreHoldersThanPortsIsExhausted() {
        let range = Self.range(reserved: 20, inUse: 51)
        #expect(range.blocking == 31)
        #expect(range.isExhausted)
        #expect(range.share == 1)
        #expect(Self.range(reserved: 51).share == nil)
        #expect(Self.range(reserved: 51).expectedTried == 0)
        #expect(Self.range(reserved: 51).estimatedTried(connects: 1, exhausted: 1)?.p99 == 0)
    }

    /// Ports that others bound are passed over even where TIME_WAIT is taken over.
    @Test func boundPortsBlock() {
        var range = Self.range(inUse: 20, timeWait: 20, reuses: true)
        range.bound = 10
        #expect(range.blocking == 10 && range.held == 30)
        #expect(abs(range.expectedTried - 52.0 / 42) < 0.001)
        range.bound = 51
        #expect(range.isExhausted && range.share == 1)
    }

    /// As connects fill a range: one half wholly, then the other.
    @Test func aFullFirstHalfIsPassedFirst() throws {
        let half = PortRange.Half(reserved: 0, inUse: 5000, timeWait: 5000)
        let range = Self.range(10000, 19999, inUse: 9000, timeWait: 9000, firstHalf: half)
        #expect(abs(range.expectedTried - (5000 + 5001.0 / 1001)) < 0.001)
        let estimate = try #require(range.estimatedTried(connects: 1000, exhausted: 0))
        #expect(estimate.p50 == 5004)
        #expect((5020...5022).contains(estimate.p99))
        #expect(estimate.sum == UInt64((1000 * range.expectedTried).rounded()))
        #expect(!range.isExhausted)
        var reused = range
        reused.reusesTimeWait = true
        #expect(reused.expectedTried == 1)
    }

    @Test func aFreeFirstHalfHidesTheOther() throws {
        // 40 of the 50 first are held, and 10 others that no search comes to.
        let half = PortRange.Half(reserved: 0, inUse: 40, timeWait: 0)
        let range = Self.range(10000, 10099, inUse: 50, firstHalf: half)
        #expect(abs(range.expectedTried - 51.0 / 11) < 0.001)
        let estimate = try #require(range.estimatedTried(connects: 100, exhausted: 0))
        #expect(estimate.p50 == 4)
        #expect(estimate.p99 < 50)
    }

    @Test func halvesHaveReservedPortsOfTheirOwn() throws {
        // 26 and 25 ports, of which 26 and 5 are reserved: none is left in the first.
        let half = PortRange.Half(reserved: 26, inUse: 0, timeWait: 0)
        let range = Self.range(reserved: 31, inUse: 20, firstHalf: half)
        #expect(range.isExhausted && range.expectedTried == 20)
        // Full at the snapshot, yet found: the last one of the second half.
        let estimate = try #require(range.estimatedTried(connects: 1, exhausted: 0))
        #expect(estimate.p50 == 10 && estimate.p99 == 20)
        let free = Self.range(reserved: 31, inUse: 0, firstHalf: half)
        #expect(free.expectedTried == 1)
        #expect(free.estimatedTried(connects: 1, exhausted: 0)?.p99 == 1)
    }

    @Test func anAbsurdNumberOfConnectsDoesNotTrap() {
        let estimate = Self.range(1, 65535, inUse: 65535).estimatedTried(connects: .max, exhausted: .max)
        #expect(estimate?.sum == 1 << 63)
    }

    @Test func noConnectsNoEstimate() {
        #expect(Self.range().estimatedTried(connects: 0, exhausted: 0) == nil)
    }

    @Test func estimateMixesSearchesThatFailed() throws {
        let range = Self.range(10000, 19999, inUse: 5000)
        let few = try #require(range.estimatedTried(connects: 1000, exhausted: 5))
        #expect(few.p50 == 2)
        #expect(few.p99 < 20)
        let many = try #require(range.estimatedTried(connects: 1000, exhausted: 20))
        #expect(many.p50 == 2)
        #expect(many.p99 == 10000)
        #expect(many.sum == UInt64((980 * range.expectedTried + 20 * 10000).rounded()))
    }

    @Test(arguments: [(100, 90), (1000, 500), (2000, 1980), (51, 50)])
    func estimateAgreesWithDrawing(ports: Int, held: Int) throws {
        let range = Self.range(10000, UInt16(10000 + ports - 1), inUse: UInt32(held))
        var random = SeededGenerator(seed: 3)
        var tried: [Int] = []
        for _ in 0..<4000 {
            var left = ports
            var heldLeft = held
            var count = 1
            while Int.random(in: 0..<left, using: &random) < heldLeft {
                left -= 1
                heldLeft -= 1
                count += 1
            }
            tried.append(count)
        }
        tried.sort()
        let mean = Double(tried.reduce(0, +)) / 4000
        #expect(abs(mean - range.expectedTried) < 0.05 * mean)
        let estimate = try #require(range.estimatedTried(connects: 4000, exhausted: 0))
        let p50 = Double(tried[1999])
        let p99 = Double(tried[3959])
        #expect(abs(Double(estimate.p50) - p50) <= max(1, 0.1 * p50))
        #expect(abs(Double(estimate.p99) - p99) <= max(1, 0.1 * p99))
    }
}
