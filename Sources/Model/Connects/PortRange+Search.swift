// SPDX-License-Identifier: Apache-2.0

/// How long a search for a port must be, given how many are held.
///
/// connect() walks over every second port of the range from a random start, and
/// over the others only if it found none free. So connects fill that half first;
/// a range of which just more than a half is held makes every search pass the
/// first half in vain. Within a half the holders are spread evenly: a search
/// draws ports without putting them back until one is free. Of R ports with H held
/// the draws follow the negative hypergeometric distribution, with the mean
/// (R + 1) / (R − H + 1).
extension PortRange {
    /// Ports from `low` to `high`.
    public var size: UInt32 { high >= low ? UInt32(high - low) + 1 : 0 }

    /// Ports that a search may choose: R.
    public var available: UInt32 { size > reserved ? size - reserved : 0 }

    /// Ports that a search must pass over: H ≤ R. A TIME_WAIT socket's port is not
    /// one of them where a connect may take it over.
    public var blocking: UInt32 {
        min(blocking(inUse, timeWait, bound), available)
    }

    private func blocking(_ inUse: UInt32, _ timeWait: UInt32, _ bound: UInt32) -> UInt32 {
        bound + (reusesTimeWait ? inUse - min(timeWait, inUse) : inUse)
    }

    /// Ports that are not free, TIME_WAIT included.
    public var held: UInt32 { inUse + bound }

    /// The parts of the range in the order in which a search draws from them.
    private var passes: [Pass] {
        guard let firstHalf else { return [Pass(ports: available, held: blocking)] }
        func pass(_ size: UInt32, _ half: Half) -> Pass {
            let ports = size - min(half.reserved, size)
            return Pass(ports: ports, held: min(blocking(half.inUse, half.timeWait, half.bound), ports))
        }
        let others = Half(
            reserved: reserved - min(firstHalf.reserved, reserved),
            inUse: inUse - min(firstHalf.inUse, inUse),
            timeWait: timeWait - min(firstHalf.timeWait, timeWait),
            bound: bound - min(firstHalf.bound, bound))
        return [pass(size - size / 2, firstHalf), pass(size / 2, others)]
    }

    /// The same for a search that succeeded: it found at least one port free, even
    /// if the range is full at the moment of the snapshot.
    private var passesAtSuccess: [Pass] {
        var passes = passes
        if passes.allSatisfy(\.isFull), let last = passes.lastIndex(where: { $0.ports > 0 }) {
            passes[last].held -= 1
        }
        return passes
    }

    public var isExhausted: Bool { passes.allSatisfy(\.isFull) }

    /// Share of the available ports that are held, TIME_WAIT included: 0…1. `nil`
    /// if there are none.
    public var share: Double? {
        available == 0 ? nil : min(Double(held) / Double(available), 1)
    }

    /// The mean number of ports that a search tries. An exhausted range is tried
    /// as a whole, in vain: R.
    public var expectedTried: Double {
        isExhausted ? Double(available) : meanAtSuccess
    }

    private var meanAtSuccess: Double {
        var passed = 0.0
        for pass in passesAtSuccess {
            if !pass.isFull { return passed + pass.mean }
            passed += Double(pass.ports)
        }
        return passed
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
        return EstimatedTried(
            count: connects,
            p50: quantile(0.5, failing: Double(failures) / Double(connects)),
            p99: quantile(0.99, failing: Double(failures) / Double(connects)),
            sum: Rounding.nearest(found * meanAtSuccess + Double(failures) * Double(available)))
    }

    /// The smallest k with P(tried ≤ k) ≥ q, if the share `failing` of all
    /// searches try everything.
    private func quantile(_ q: Double, failing: Double) -> UInt64 {
        guard available > 0 else { return 0 }
        var passed: UInt64 = 0
        for pass in passesAtSuccess {
            if !pass.isFull {
                // P(tried > k) of a search that succeeds: the first k ports are all held.
                var tail = 1.0
                for drawn in 0..<pass.ports {
                    tail *= Double(pass.held - min(drawn, pass.held)) / Double(pass.ports - drawn)
                    if failing + (1 - failing) * tail <= 1 - q + 1e-12 {
                        return passed + UInt64(drawn) + 1
                    }
                }
                break
            }
            passed += UInt64(pass.ports)
        }
        return UInt64(available)
    }
}

/// Ports that a search draws from in one go.
private struct Pass {
    var ports: UInt32
    /// Of those, the ones it cannot take: never more than there are.
    var held: UInt32

    var isFull: Bool { held == ports }
    /// Draws until one is free.
    var mean: Double { Double(ports + 1) / Double(ports - held + 1) }
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
