// SPDX-License-Identifier: Apache-2.0

/// Samples of what the CPUs run, and what they did with their time: since the trace began, or of
/// an interval.
public struct SampleTotals: Totals {
    public var sampling: Sampling
    /// By function; empty if stacks were asked for instead.
    public var counts = HotspotsCounts()
    public var loss = SampleLoss()
    /// Of the CPUs that were sampled.
    public var cpus: CPUTimes
    /// By stack; `nil`: not asked for.
    public var stacks: StackSamples?

    public init(sampling: Sampling, cpus: CPUTimes) {
        self.sampling = sampling
        self.cpus = cpus
    }

    public func since(_ earlier: SampleTotals) -> SampleTotals {
        var rest = self
        rest.counts.subtract(earlier.counts)
        rest.loss.subtract(earlier.loss)
        rest.cpus = cpus.since(earlier.cpus)
        if let before = earlier.stacks { rest.stacks?.subtract(before) }
        return rest
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
