// SPDX-License-Identifier: Apache-2.0

/// What the widths of a profile's stacks are.
public enum StackWeight: String, Sendable, Hashable, CaseIterable {
    /// Samples of what the CPUs run.
    case cpu
    /// Nanoseconds of the search for a port, as `tcpwhy ports` measures them.
    case portTime = "port-time"
    /// Ports that searches tried, as `tcpwhy ports` counts them.
    case portsTried = "ports-tried"
    /// Packets that were dropped, as `tcpwhy drops` counts them.
    case drops

    /// What a stack's number counts.
    public var unit: String {
        switch self {
        case .cpu: "samples"
        case .portTime: "ns"
        case .portsTried: "ports"
        case .drops: "packets"
        }
    }
}

/// A finished trace of what stacks cost, other than samples.
public struct WeighedRun: Sendable {
    public enum Subject: Sendable, Hashable {
        /// Searches for a port: how many were timed, and how their ports were found out.
        case searches(UInt64, PortMethod?)
        /// Dropped packets.
        case drops(Drops)
    }

    public struct Drops: Sendable, Hashable {
        /// SYNs among them that a listener dropped; `nil`: this backend does not see those.
        public var syns: UInt64?
        /// Packets freed without a reason (`PacketDrop.Kind.unclear`), which are not among them.
        public var unclear: UInt64
        /// Whether the kernel gives reasons (5.17).
        public var hasReasons: Bool

        public init(syns: UInt64?, unclear: UInt64, hasReasons: Bool) {
            self.syns = syns
            self.unclear = unclear
            self.hasReasons = hasReasons
        }
    }

    public var weight: StackWeight
    public var subject: Subject
    public var backend: Backend
    /// Seconds.
    public var duration: Double
    /// The weight of all stacks together.
    public var total: UInt64 = 0
    /// The same sum, as the kernel has it without stacks.
    public var counted: UInt64 = 0
    /// Of `total`: without a stack that there was.
    public var withoutStack: UInt64 = 0
    /// Of `total`: with a stack of which the outermost functions are missing.
    public var truncated: UInt64 = 0
    /// Of `total`: in the row "[others]", of stacks that were too rare for a row of their own.
    public var others: UInt64 = 0
    /// Frames of a stack that were taken down at most.
    public var depth = CallStack.mostFrames
    /// As many as would be without `kernel.perf_event_max_stack`.
    public var mostFrames = CallStack.mostFrames
    public var loss = Loss()

    public init(weight: StackWeight, subject: Subject, backend: Backend, duration: Double) {
        self.weight = weight
        self.subject = subject
        self.backend = backend
        self.duration = duration
    }
}
