// SPDX-License-Identifier: Apache-2.0

/// A histogram whose buckets are one value wide below 8 and an eighth of a power
/// of two above: any quantile is within 1/16 (6.25 %) of the true value.
///
/// The BPF programs fill the same buckets (`WHY_SUB_BUCKETS` in `tcpwhy.h`).
/// Only buckets in use are stored, since most keys touch few.
public struct LogLinearHistogram: Sendable, Hashable {
    /// Bucket index to number of values.
    public private(set) var counts: [Int: UInt64] = [:]

    public init() {}
}
