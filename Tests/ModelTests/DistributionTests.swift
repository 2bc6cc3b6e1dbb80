// SPDX-License-Identifier: Apache-2.0
import Model
import Seeded
import Testing

@Suite struct DistributionTests {
    @Test func keepsSumAndMaximumExact() {
        var distribution = Distribution()
        distribution.record(1000)
        distribution.record(3, count: 4)
        #expect(distribution.count == 5)
        #expect(distribution.sum == 1012)
        #expect(distribution.maximum == 1000)
        #expect(distribution.mean == 202.4)
    }

    @Test func quantileNeverExceedsTheMaximum() {
        var distribution = Distribution()
        distribution.record(1024)
        // The bucket's middle is 1087.
        #expect(distribution.histogram.quantile(0.5) == 1087)
        #expect(distribution.quantile(0.5) == 1024)
        #expect(distribution.quantile(0.99) == 1024)
    }

    @Test func quantileInTheEndlessBucketIsTheMaximum() {
        var distribution = Distribution()
        distribution.record(60_000_000_000)
        #expect(distribution.quantile(0.5) == 60_000_000_000)
    }

    @Test func maximumOfAnIntervalThatSetARecordIsExact() {
        var earlier = Distribution()
        earlier.record(100)
        var later = earlier
        later.record(5000)
        later.subtract(earlier)
        #expect(later.maximum == 5000)
    }

    @Test func maximumOfAQuietIntervalIsBoundedByItsHighestBucket() {
        var earlier = Distribution()
        earlier.record(5000)
        var later = earlier
        later.record(100)
        later.subtract(earlier)
        #expect(later.maximum == 103)
        #expect(later.sum == 100)
        #expect(later.count == 1)
    }

    @Test func maximumOfNothingIsZero() {
        var earlier = Distribution()
        earlier.record(5000)
        var later = earlier
        later.subtract(earlier)
        #expect(later == Distribution())
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func laterMinusEarlierPlusEarlierIsLater(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var earlier = Distribution()
        for _ in 0..<Int.random(in: 0...60, using: &random) { earlier.record(random.spread()) }
        var later = earlier
        for _ in 0..<Int.random(in: 0...60, using: &random) { later.record(random.spread()) }
        var interval = later
        interval.subtract(earlier)
        interval.merge(earlier)
        #expect(interval == later)
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func intervalMaximumIsAtMostAnEighthTooHighAndNeverTooLow(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var earlier = Distribution()
        for _ in 0..<20 { earlier.record(random.spread()) }
        var later = earlier
        var truth: UInt64 = 0
        for _ in 0..<20 {
            let value = random.spread(bits: 33)
            truth = max(truth, value)
            later.record(value)
        }
        later.subtract(earlier)
        #expect(later.maximum >= truth)
        #expect(Double(later.maximum) <= 1.125 * Double(truth))
    }
}
