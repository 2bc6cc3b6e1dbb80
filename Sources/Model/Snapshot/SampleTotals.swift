// SPDX-License-Identifier: Apache-2.0

/// Samples of what the CPUs run, and what they did with their time: since the trace began, or of
/// an interval.
public struct SampleTotals: Totals {
    public var sampling: Sampling
    /// Every sample that the filters let through, also those in no row.
    public var taken: UInt64 = 0
    /// By function; empty if stacks were asked for instead.
    public var counts = HotspotsCounts()
    /// Of its functions those that left, being idle. An interval has none.
    public var ended: [FunctionName: FunctionCount] = [:]
    public var loss = SampleLoss()
    /// Of the CPUs that were sampled.
    public var cpus: CPUTimes
    /// By stack; `nil`: not asked for. Until the end those are missing whose functions may still
    /// get names.
    public var stacks: StackRows?

    public init(sampling: Sampling, cpus: CPUTimes) {
        self.sampling = sampling
        self.cpus = cpus
    }

    public func since(_ earlier: SampleTotals) -> SampleTotals {
        var rest = self
        rest.taken = taken.minus(earlier.taken)
        rest.counts.subtract(earlier.counts)
        rest.ended = [:]
        rest.loss.subtract(earlier.loss)
        rest.cpus = cpus.since(earlier.cpus)
        if let before = earlier.stacks { rest.stacks?.subtract(before) }
        return rest
    }

    /// With functions that left among the others: all of a run.
    public var withEnded: SampleTotals {
        var all = self
        all.counts.add(ended)
        all.ended = [:]
        return all
    }
}

public typealias SamplesSnapshot = Reading<SampleTotals>

extension HotspotsInterval {
    /// - Parameter search: the time of searches for a port in the same interval.
    public init(_ samples: Interval<SampleTotals>, search: SearchTime) {
        self.init(
            duration: samples.duration, wallTime: samples.wallTime, counts: samples.counts,
            loss: samples.loss, cpus: samples.cpus, search: search, sampling: samples.sampling)
    }
}
