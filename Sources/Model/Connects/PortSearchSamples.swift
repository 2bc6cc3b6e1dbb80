// SPDX-License-Identifier: Apache-2.0

/// Searches for a port by the stacks that they began on.
public struct PortSearchSamples: Sendable {
    /// What the searches of one stack took.
    public struct Sums: Sendable, Hashable {
        public var searches: UInt64
        public var nanoseconds: UInt64
        /// Ports that were tried, of those searches of which that is known.
        public var tried: UInt64

        public init(searches: UInt64 = 0, nanoseconds: UInt64 = 0, tried: UInt64 = 0) {
            self.searches = searches
            self.nanoseconds = nanoseconds
            self.tried = tried
        }
    }

    public var sums: [StackSample: Sums] = [:]
    /// Frames of a stack that were taken down at most.
    public var depth = CallStack.mostFrames

    public init() {}

    /// One of the sums, as samples that are so many.
    public func samples(of weight: KeyPath<Sums, UInt64>) -> StackSamples {
        var samples = StackSamples()
        samples.depth = depth
        for (stack, sums) in sums where sums[keyPath: weight] > 0 {
            samples.counts[stack] = sums[keyPath: weight]
        }
        samples.taken = samples.placed
        return samples
    }
}
