// SPDX-License-Identifier: Apache-2.0

/// Where the CPUs' time went between two looks.
public struct HotspotsInterval: Sendable {
    /// Seconds, by the monotonic clock.
    public var duration: Double
    /// End of the interval: seconds since 1970, UTC.
    public var wallTime: Double
    public var counts: HotspotsCounts
    public var loss: SampleLoss
    /// Of the CPUs that were sampled.
    public var cpus: CPUTimes
    public var search: SearchTime
    public var sampling: Sampling

    public init(
        duration: Double, wallTime: Double, counts: HotspotsCounts, loss: SampleLoss, cpus: CPUTimes,
        search: SearchTime, sampling: Sampling
    ) {
        self.duration = duration
        self.wallTime = wallTime
        self.counts = counts
        self.loss = loss
        self.cpus = cpus
        self.search = search
        self.sampling = sampling
    }

    /// All samples that were taken: what shares are shares of.
    public var samples: UInt64 { counts.samples &+ loss.unplaced }

    /// Of the samples, 0 to 1. `nil`: there are none.
    public func share(_ count: UInt64) -> Double? {
        samples > 0 ? Double(count) / Double(samples) : nil
    }

    /// Of the samples, those in a search for a port. `nil`: not known.
    public var searchShare: Double? { counts.knowsKernel ? share(counts.search) : nil }

    /// Of all CPU time, idle time included, what searches for a port took, by their own
    /// clock. `nil`: not measured.
    public var exactShare: Double? {
        guard case .measured(let nanoseconds, _, _) = search, duration > 0, sampling.cpus > 0 else {
            return nil
        }
        return Double(nanoseconds) / (duration * 1e9 * Double(sampling.cpus))
    }

    /// Of the CPUs' time, what they were busy. `nil`: not known.
    public var busyShare: Double? {
        let total = cpus.total
        return total.share(total.busy)
    }
}

/// How samples were taken.
public struct Sampling: Sendable, Hashable {
    /// What set the pace: "cycles", "cpu-clock".
    public var clock: String
    /// Samples a second and CPU that were asked for.
    public var frequency: UInt64
    /// How many CPUs were sampled.
    public var cpus: Int
    /// Whether only some of what ran was sampled.
    public var isFiltered: Bool

    public init(clock: String, frequency: UInt64, cpus: Int, isFiltered: Bool) {
        self.clock = clock
        self.frequency = frequency
        self.cpus = cpus
        self.isFiltered = isFiltered
    }
}

/// What is wrong with some samples.
public struct SampleLoss: Sendable, Hashable {
    /// In no row: the kernel's table of rows was full.
    public var unplaced: UInt64 = 0
    /// In rows, but without a stack that there was.
    public var withoutStack: UInt64 = 0
    /// In rows, with a stack deeper than the kernel takes down.
    public var truncated: UInt64 = 0
    /// In the row "[others]", of stacks that were too rare for a row of their own.
    public var others: UInt64 = 0
    /// Frames of a stack that the kernel takes down.
    public var depth = CallStack.mostFrames

    public init() {}

    public init(of samples: StackSamples) {
        unplaced = samples.unplaced
        withoutStack = samples.withoutStack
        truncated = samples.truncated
        depth = samples.depth
    }

    public mutating func merge(_ other: SampleLoss) {
        unplaced &+= other.unplaced
        withoutStack &+= other.withoutStack
        truncated &+= other.truncated
        others &+= other.others
        depth = min(depth, other.depth)
    }

    /// Takes away an earlier reading of the same counts.
    mutating func subtract(_ earlier: SampleLoss) {
        unplaced = unplaced.minus(earlier.unplaced)
        withoutStack = withoutStack.minus(earlier.withoutStack)
        truncated = truncated.minus(earlier.truncated)
        others = others.minus(earlier.others)
    }
}

/// Time that connects and binds spent in the search for a port, measured from its
/// entry to its return.
public enum SearchTime: Sendable, Hashable {
    /// - Parameters:
    ///   - missed: calls that the programs did not see: the time is at least so much.
    case measured(nanoseconds: UInt64, missed: UInt64, backend: Backend)
    /// Why not.
    case unknown(String)

    /// Later (`self`) minus earlier.
    public func since(_ earlier: SearchTime) -> SearchTime {
        guard case .measured(let time, let missed, let backend) = self,
            case .measured(let timeBefore, let missedBefore, _) = earlier
        else { return self }
        return .measured(
            nanoseconds: time.minus(timeBefore), missed: missed.minus(missedBefore), backend: backend)
    }
}
