// SPDX-License-Identifier: Apache-2.0

/// One way by which the kernel came to drop packets: why, and through which functions.
public struct DropWay: Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        /// The kernel's name for it, `SKB_DROP_REASON_` left out; `nil`: this kernel gives none
        /// (before 5.17).
        case kernel(String?)
        /// A listening socket dropped a SYN, for which the kernel has no reasons.
        case listener(ListenCause)
    }

    /// How much of the stack there is.
    public enum Extent: Sendable, Hashable {
        case whole
        /// The outermost functions are missing.
        case truncated
        /// Only where the packet was dropped, if that: another stack had its place.
        case lost
    }

    public var reason: Reason
    /// Addresses in the kernel, innermost first: the function that dropped the packet.
    public var frames: [UInt64]
    public var extent: Extent

    public init(reason: Reason, frames: [UInt64], extent: Extent) {
        self.reason = reason
        self.frames = frames
        self.extent = extent
    }
}

/// SYNs that listeners dropped since somebody asked last.
public struct DroppedSYNs: Sendable {
    /// As far as there was room for rows.
    public var ways: [DropWay: UInt64] = [:]
    /// All of them, counted apart.
    public var all: UInt64 = 0

    public init() {}

    public var withoutRow: UInt64 { all &- min(all, ways.values.reduce(0, &+)) }
}

/// Dropped packets by the ways that led there, since the trace began.
public struct DropWays: Sendable {
    /// Up to when they count: nanoseconds of CLOCK_MONOTONIC.
    public var time: UInt64
    public var backend: Backend
    /// Packets, and the SYNs that listeners dropped, by the kernel's stack with the reason at its
    /// end.
    public var stacks = StackCosts(keepsProcesses: false)
    /// Packets, as they were counted one by one.
    public var packets: UInt64 = 0
    /// Packets freed without a reason (`PacketDrop.Kind.unclear`), which are not among them.
    public var unclear: UInt64 = 0
    /// SYNs, as they were counted one by one; `nil`: this backend does not see those.
    public var syns: UInt64?
    /// Whether the kernel gives reasons (5.17).
    public var hasReasons: Bool
    /// Frames of a stack that would be taken down without `kernel.perf_event_max_stack`.
    public var mostFrames: Int
    /// What was not seen.
    public var loss = Loss()

    public init(time: UInt64, backend: Backend, hasReasons: Bool, mostFrames: Int) {
        self.time = time
        self.backend = backend
        self.hasReasons = hasReasons
        self.mostFrames = mostFrames
    }
}
