// SPDX-License-Identifier: Apache-2.0

/// What a CPU ran when it was sampled.
public struct StackSample: Sendable, Hashable {
    /// Of the process, not the thread.
    public var pid: UInt32
    /// Name of the process's first thread.
    public var command: String
    /// In the kernel; none if the process's own code ran.
    public var kernel: CallStack
    /// In the process; none of a kernel thread.
    public var user: CallStack

    public init(pid: UInt32, command: String, kernel: CallStack, user: CallStack) {
        self.pid = pid
        self.command = command
        self.kernel = kernel
        self.user = user
    }
}

/// Addresses of code, innermost first.
public enum CallStack: Sendable, Hashable {
    case none
    case frames([UInt64])
    /// There was one, but no room for it.
    case lost

    /// More frames than these are not taken down (`WHY_SAMPLE_DEPTH`); the kernel may allow
    /// fewer (`kernel.perf_event_max_stack`).
    public static let mostFrames = 127

    public var frames: [UInt64] {
        if case .frames(let frames) = self { frames } else { [] }
    }

    /// Whether the outermost may be missing, since no more than `depth` are taken down.
    public func isTruncated(at depth: Int) -> Bool { frames.count >= depth }
}

/// Samples by stack.
public struct StackSamples: Sendable {
    public var counts: [StackSample: UInt64] = [:]
    /// Every sample that the filters let through, also those in no row.
    public var taken: UInt64 = 0
    /// In no row: the kernel's table of rows was full.
    public var unplaced: UInt64 = 0
    /// Frames of a stack that were taken down at most.
    public var depth = CallStack.mostFrames

    public init() {}

    /// Those that were taken later, as deep.
    public mutating func add(_ later: StackSamples) {
        counts.add(later.counts)
        taken += later.taken
        unplaced += later.unplaced
        depth = later.depth
    }

    /// As if only the processes' stacks had been taken.
    public mutating func dropKernelStacks() {
        merge { $0.kernel = .none }
    }

    /// As if only the kernel's stacks had been taken.
    public mutating func dropUserStacks() {
        merge { $0.user = .none }
    }

    private mutating func merge(_ change: (inout StackSample) -> Void) {
        var merged: [StackSample: UInt64] = [:]
        for (sample, count) in counts {
            var sample = sample
            change(&sample)
            merged[sample, default: 0] &+= count
        }
        counts = merged
    }

    /// In rows; with `unplaced` they are `taken`.
    public var placed: UInt64 { counts.values.reduce(0, &+) }
    /// In rows, but without a stack that there was.
    public var withoutStack: UInt64 {
        counts.reduce(0) { $0 &+ ($1.key.kernel == .lost || $1.key.user == .lost ? $1.value : 0) }
    }
    /// In rows, with a stack deeper than the kernel takes down.
    public var truncated: UInt64 {
        counts.reduce(0) { sum, row in
            let isTruncated = row.key.kernel.isTruncated(at: depth) || row.key.user.isTruncated(at: depth)
            return sum &+ (isTruncated ? row.value : 0)
        }
    }
}
