// SPDX-License-Identifier: Apache-2.0

/// A measured quantity of many operations: its exact sum and largest value, and
/// the histogram for quantiles.
public struct Distribution: Sendable, Hashable {
    public var count: UInt64 = 0
    public var sum: UInt64 = 0
    public var maximum: UInt64 = 0
    public var histogram = LogLinearHistogram()

    public init() {}

    public init(count: UInt64, sum: UInt64, maximum: UInt64, histogram: LogLinearHistogram) {
        self.count = count
        self.sum = sum
        self.maximum = maximum
        self.histogram = histogram
    }

    public var isEmpty: Bool { count == 0 && histogram.isEmpty }

    public var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }

    public mutating func record(_ value: UInt64, count times: UInt64 = 1) {
        guard times > 0 else { return }
        count &+= times
        sum &+= value &* times
        maximum = max(maximum, value)
        histogram.record(value, count: times)
    }

    /// Adding is the same in any order.
    public mutating func merge(_ other: Distribution) {
        count &+= other.count
        sum &+= other.sum
        maximum = max(maximum, other.maximum)
        histogram.merge(other.histogram)
    }

    /// Takes away an earlier reading of the same totals.
    ///
    /// The kernel keeps one maximum for the whole trace. If it grew, it is also
    /// that of the interval; if not, the end of the highest bucket that got
    /// anything bounds it (at most 12.5 % too high).
    public mutating func subtract(_ earlier: Distribution) {
        count = count.minus(earlier.count)
        sum = sum.minus(earlier.sum)
        histogram.subtract(earlier.histogram)
        if let highest = histogram.highestBucket {
            maximum = min(maximum, LogLinearHistogram.upperBound(ofBucket: highest))
        } else if count == 0 {
            maximum = 0
        }
    }

    /// How many were at least so large: to the nearest bucket, within 12.5 % of the value.
    public func count(atLeast value: UInt64) -> UInt64 {
        let first = LogLinearHistogram.bucket(of: value)
        return histogram.counts.reduce(0) { $1.key >= first ? $0 &+ $1.value : $0 }
    }

    /// The quantile `q` (0…1) by nearest rank, within 6.25 %, never above the
    /// maximum. `nil` if nothing was recorded.
    public func quantile(_ q: Double) -> UInt64? {
        guard let bucket = histogram.bucket(ofQuantile: q) else { return nil }
        if bucket == LogLinearHistogram.lastBucket {
            // No end of its own: only the maximum says how far it reaches.
            return max(maximum, LogLinearHistogram.lowerBound(ofBucket: bucket))
        }
        let value = LogLinearHistogram.representative(ofBucket: bucket)
        return maximum == 0 ? value : min(value, maximum)
    }
}

/// `nil` is "not measured"; an empty distribution changes nothing.
func sum(_ left: Distribution?, _ right: Distribution?) -> Distribution? {
    switch (left, right) {
    case (nil, let other), (let other, nil):
        return other?.isEmpty == true ? nil : other
    case (var left?, let right?):
        left.merge(right)
        return left
    }
}

func difference(_ later: Distribution?, _ earlier: Distribution?) -> Distribution? {
    guard var rest = later else { return nil }
    if let earlier { rest.subtract(earlier) }
    return rest
}
