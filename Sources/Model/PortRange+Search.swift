// SPDX-License-Identifier: Apache-2.0

/// How long a search for a port must be, given how many are held.
///
/// A search walks over the range from a random start. With the holders spread
/// evenly it draws ports without putting them back until one is free: of R ports
/// with H held the draws follow the negative hypergeometric distribution, with
/// the mean (R + 1) / (R − H + 1).
extension PortRange {
    /// Ports from `low` to `high`.
    public var size: UInt32 { high >= low ? UInt32(high - low) + 1 : 0 }

    /// Ports that a search may choose: R.
    public var available: UInt32 { size > reserved ? size - reserved : 0 }

    /// Ports that a search must pass over: H ≤ R. A TIME_WAIT socket's port is not
    /// one of them where a connect may take it over.
    public var blocking: UInt32 {
        let held = reusesTimeWait ? inUse - min(timeWait, inUse) : inUse
        return min(held, available)
    }

    public var isExhausted: Bool { blocking == available }

    /// Share of the available ports that are held, TIME_WAIT included: 0…1. `nil`
    /// if there are none.
    public var share: Double? {
        available == 0 ? nil : min(Double(inUse) / Double(available), 1)
    }

    /// The mean number of ports that a search tries. An exhausted range is tried
    /// as a whole, in vain: R.
    public var expectedTried: Double {
        guard !isExhausted else { return Double(available) }
        return Double(available + 1) / Double(available - blocking + 1)
    }

    /// What a number of searches cost in ports, for a backend that cannot see it.
    /// - Parameters:
    ///   - connects: searches, exhausted ones included.
    ///   - exhausted: of those, the ones that found no port (EADDRNOTAVAIL): each
    ///     tried all of the range.
    /// - Returns: `nil` for no connects.
    public func estimatedTried(connects: UInt64, exhausted: UInt64) -> EstimatedTried? {
        guard connects > 0 else { return nil }
        let failures = min(exhausted, connects)
        let found = Double(connects - failures)
        let mean = Double(available + 1) / Double(available - blockingAtSuccess + 1)
        return EstimatedTried(
            count: connects,
            p50: quantile(0.5, failing: Double(failures) / Double(connects)),
            p99: quantile(0.99, failing: Double(failures) / Double(connects)),
            sum: UInt64(nearest: found * mean + Double(failures) * Double(available)))
    }

    /// A search that succeeded found at least one port free, even if the range is
    /// full at the moment of the snapshot.
    private var blockingAtSuccess: UInt32 { min(blocking, max(available, 1) - 1) }

    /// The smallest k with P(tried ≤ k) ≥ q, if the share `failing` of all
    /// searches try everything.
    private func quantile(_ q: Double, failing: Double) -> UInt64 {
        let ports = available
        guard ports > 0 else { return 0 }
        let held = blockingAtSuccess
        // P(tried > k) of a search that succeeds: the first k ports are all held.
        var tail = 1.0
        for k in 1..<max(ports, 1) {
            let before = k - 1
            tail *= Double(held - min(before, held)) / Double(ports - before)
            if failing + (1 - failing) * tail <= 1 - q + 1e-12 { return UInt64(k) }
        }
        return UInt64(ports)
    }
}

/// Ports tried as they follow from how full the range is. There is no maximum:
/// nothing was measured.
public struct EstimatedTried: Sendable, Hashable {
    /// Searches.
    public var count: UInt64
    public var p50: UInt64
    public var p99: UInt64
    public var sum: UInt64

    public init(count: UInt64, p50: UInt64, p99: UInt64, sum: UInt64) {
        self.count = count
        self.p50 = p50
        self.p99 = p99
        self.sum = sum
    }
}
