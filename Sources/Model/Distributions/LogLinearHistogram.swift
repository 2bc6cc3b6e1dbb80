// SPDX-License-Identifier: Apache-2.0

/// A histogram whose buckets are one value wide below 8 and an eighth of a power
/// of two above: any quantile is within 1/16 (6.25 %) of the true value.
///
/// The BPF programs fill the same buckets (`WHY_SUB_BUCKETS` in `tcpwhy.h`).
/// Only buckets in use are stored, since most keys touch few.
public struct LogLinearHistogram: Sendable, Hashable {
    /// Bucket index to number of values; never holds a zero.
    public private(set) var counts: [Int: UInt64] = [:]

    public init() {}

    /// From the kernel's array of buckets, in order. Buckets beyond the last one
    /// that exists here are added to the last.
    public init(buckets: Span<UInt32>) {
        // By index and not generic: thousands of tables of mostly zeros are read in a row.
        for index in buckets.indices where buckets[index] != 0 {
            add(UInt64(buckets[index]), toBucket: index)
        }
    }

    /// Number of values.
    public var count: UInt64 { counts.values.reduce(0, &+) }

    public var isEmpty: Bool { counts.isEmpty }

    /// Buckets in use in order of value.
    public var sortedBuckets: [(bucket: Int, count: UInt64)] {
        counts.sorted { $0.key < $1.key }.map { (bucket: $0.key, count: $0.value) }
    }

    public var highestBucket: Int? { counts.keys.max() }

    public mutating func record(_ value: UInt64, count: UInt64 = 1) {
        add(count, toBucket: Self.bucket(of: value))
    }

    public mutating func merge(_ other: LogLinearHistogram) {
        for (bucket, count) in other.counts { add(count, toBucket: bucket) }
    }

    /// Takes away what an earlier reading of the same histogram held.
    public mutating func subtract(_ earlier: LogLinearHistogram) {
        for (bucket, count) in earlier.counts {
            let rest = (counts[bucket] ?? 0).minus(count)
            counts[bucket] = rest == 0 ? nil : rest
        }
    }

    /// The bucket that holds the value of nearest rank: the smallest such that at
    /// least the share `q` (0…1) of all values lies in it or below. `nil` if empty.
    public func bucket(ofQuantile q: Double) -> Int? {
        let total = count
        guard total > 0 else { return nil }
        let rank = Self.rank(q, of: total)
        var seen: UInt64 = 0
        let sorted = sortedBuckets
        for (bucket, count) in sorted {
            seen &+= count
            if seen >= rank { return bucket }
        }
        return sorted.last?.bucket
    }

    /// ⌈q · total⌉, from 1 to total.
    private static func rank(_ q: Double, of total: UInt64) -> UInt64 {
        let exact = q * Double(total)
        guard exact > 1 else { return 1 }
        guard exact < Double(total) else { return total }
        let whole = UInt64(exact)
        return Double(whole) < exact ? whole + 1 : whole
    }

    /// The quantile `q` (0…1), within 6.25 % below `lowerBound(ofBucket: lastBucket)`.
    /// `nil` if empty.
    public func quantile(_ q: Double) -> UInt64? {
        bucket(ofQuantile: q).map(Self.representative(ofBucket:))
    }

    private mutating func add(_ count: UInt64, toBucket bucket: Int) {
        guard count > 0 else { return }
        counts[min(bucket, Self.lastBucket), default: 0] &+= count
    }
}
