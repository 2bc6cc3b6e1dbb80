// SPDX-License-Identifier: Apache-2.0

/// Packets that were dropped with the same stack: `PacketDrop`, divided once more.
public struct DropStack: Sendable, Hashable {
    public var packet: PacketDrop
    /// Functions of the kernel, the outermost first, the one that dropped it last. Empty: the
    /// stack was not kept.
    public var frames: [String]

    public init(packet: PacketDrop, frames: [String]) {
        self.packet = packet
        self.frames = frames
    }
}

extension DropStack: LedgerKey {
    public var ended: DropStack { DropStack(packet: packet.ended, frames: frames) }

    public static let rest = DropStack(packet: .rest, frames: [])
}

extension [DropStack: UInt64] {
    /// By reason, place and stack: ports, protocols and namespaces together.
    public var byPlace: [DropPlace: [[String]: UInt64]] {
        reduce(into: [:]) { sum, entry in
            sum[DropPlace(entry.key.packet), default: [:]][entry.key.frames, default: 0] += entry.value
        }
    }
}

/// A reason and a place: what stacks are shown for.
public struct DropPlace: Sendable, Hashable {
    public var kind: PacketDrop.Kind
    public var reason: String?
    public var location: String

    public init(_ packet: PacketDrop) {
        kind = packet.kind
        reason = packet.reason
        location = packet.location
    }
}
