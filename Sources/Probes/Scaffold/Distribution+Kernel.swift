// SPDX-License-Identifier: Apache-2.0
import Model

extension Distribution {
    /// As the programs keep it: the sums, and an array of 32-bit buckets.
    init(_ count: UInt64, _ sum: UInt64, _ maximum: UInt64, _ buckets: some BitwiseCopyable) {
        let histogram = withUnsafeBytes(of: buckets) {
            LogLinearHistogram(buckets: $0.bindMemory(to: UInt32.self).span)
        }
        // Two CPUs may race for the maximum; the buckets are exact.
        let atLeast = histogram.highestBucket.map(LogLinearHistogram.lowerBound(ofBucket:)) ?? 0
        self.init(count: count, sum: sum, maximum: max(maximum, atLeast), histogram: histogram)
    }
}
