// SPDX-License-Identifier: Apache-2.0
import Model
import Seeded
import Testing

@Suite struct LogLinearHistogramTests {
    @Test func smallValuesHaveABucketEach() {
        for value in UInt64(0)..<16 {
            let bucket = LogLinearHistogram.bucket(of: value)
            #expect(bucket == Int(value))
            #expect(LogLinearHistogram.lowerBound(ofBucket: bucket) == value)
            #expect(LogLinearHistogram.upperBound(ofBucket: bucket) == value)
            #expect(LogLinearHistogram.representative(ofBucket: bucket) == value)
        }
    }

    @Test func bucketsFollowEachOtherWithoutGapOrOverlap() {
        for bucket in 0..<LogLinearHistogram.lastBucket {
            let low = LogLinearHistogram.lowerBound(ofBucket: bucket)
            let high = LogLinearHistogram.upperBound(ofBucket: bucket)
            #expect(low <= high)
            #expect(LogLinearHistogram.bucket(of: low) == bucket)
            #expect(LogLinearHistogram.bucket(of: high) == bucket)
            #expect(LogLinearHistogram.bucket(of: high + 1) == bucket + 1)
        }
    }

    @Test func lastBucketTakesAllThatIsLarger() {
        let last = LogLinearHistogram.lastBucket
        #expect(last == 255)
        #expect(LogLinearHistogram.lowerBound(ofBucket: last) == 15 << 30)
        #expect(LogLinearHistogram.bucket(of: 1 << 34) == last)
        #expect(LogLinearHistogram.bucket(of: .max) == last)
        #expect(LogLinearHistogram.upperBound(ofBucket: last) == .max)
        #expect(LogLinearHistogram.bucket(of: (15 << 30) - 1) == last - 1)
    }

    @Test func readsTheKernelsArrayAndClampsWhatLiesBeyond() {
        var buckets = [UInt32](repeating: 0, count: 300)
        buckets[3] = 7
        buckets[255] = 1
        buckets[299] = 2
        let histogram = LogLinearHistogram(buckets: buckets.span)
        #expect(histogram.counts == [3: 7, 255: 3])
        #expect(histogram.count == 10)
    }

    @Test func quantileOfNothingIsNil() {
        #expect(LogLinearHistogram().quantile(0.5) == nil)
    }

    @Test func quantileIsTheNearestRank() {
        var histogram = LogLinearHistogram()
        for value in UInt64(1)...10 { histogram.record(value) }
        #expect(histogram.quantile(0) == 1)
        #expect(histogram.quantile(0.5) == 5)
        #expect(histogram.quantile(0.51) == 6)
        #expect(histogram.quantile(0.99) == 10)
        #expect(histogram.quantile(1) == 10)
        #expect(histogram.quantile(7) == 10)
        #expect(histogram.quantile(-1) == 1)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func everyQuantileIsWithinSevenPercent(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var histogram = LogLinearHistogram()
        var values: [UInt64] = []
        for _ in 0..<Int.random(in: 1...500, using: &random) {
            let value = min(random.spread(), (15 << 30) - 1)
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        for q in [0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
            let rank = max(Int((q * Double(values.count)).rounded(.up)), 1)
            let truth = Double(values[rank - 1])
            let shown = Double(try #require(histogram.quantile(q)))
            #expect(abs(shown - truth) <= 0.0625 * truth)
        }
    }

    @Test func mergeAndSubtractUndoEachOther() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<50 {
            var one = LogLinearHistogram()
            var two = LogLinearHistogram()
            for _ in 0..<100 { one.record(random.spread()) }
            for _ in 0..<100 { two.record(random.spread()) }
            var both = one
            both.merge(two)
            var reversed = two
            reversed.merge(one)
            #expect(both == reversed)
            both.subtract(one)
            #expect(both == two)
        }
    }

    @Test func subtractingMoreThanThereIsLeavesNothing() {
        var histogram = LogLinearHistogram()
        histogram.record(5)
        var larger = LogLinearHistogram()
        larger.record(5, count: 3)
        larger.record(9)
        histogram.subtract(larger)
        #expect(histogram.isEmpty)
    }
}
