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
