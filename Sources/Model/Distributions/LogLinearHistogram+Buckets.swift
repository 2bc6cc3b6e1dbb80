// SPDX-License-Identifier: Apache-2.0

/// The map between values and buckets, the same as the BPF programs use:
/// `bucket(v) = v < 8 ? v : (e - 2) * 8 + ((v >> (e - 3)) & 7)`, `e = log2(v)`.
extension LogLinearHistogram {
    /// `WHY_NS_BUCKETS`, the larger of the two sizes that the kernel uses.
    public static let bucketCount = 256

    /// Takes every value from `lowerBound(ofBucket: lastBucket)`, about 1.6 · 10^10, on.
    public static let lastBucket = bucketCount - 1

    public static func bucket(of value: UInt64) -> Int {
        guard value >= 8 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let sub = Int(truncatingIfNeeded: value >> UInt64(exponent - 3)) & 7
        return min((exponent - 2) * 8 + sub, lastBucket)
    }

    /// The smallest value in the bucket.
    public static func lowerBound(ofBucket bucket: Int) -> UInt64 {
        guard bucket >= 8 else { return UInt64(max(bucket, 0)) }
        let exponent = min(bucket, lastBucket) / 8 + 2
        let sub = UInt64(min(bucket, lastBucket) % 8)
        return (8 + sub) << UInt64(exponent - 3)
    }

    /// The largest value in the bucket; the last one has no end.
    public static func upperBound(ofBucket bucket: Int) -> UInt64 {
        bucket >= lastBucket ? .max : lowerBound(ofBucket: bucket + 1) - 1
    }

    /// The value that stands for all in the bucket: its middle, or the lower bound
    /// of the last one.
    public static func representative(ofBucket bucket: Int) -> UInt64 {
        let low = lowerBound(ofBucket: bucket)
        return bucket >= lastBucket ? low : low + (upperBound(ofBucket: bucket) - low) / 2
    }
}
