// SPDX-License-Identifier: Apache-2.0

/// Everything that was asked for, at one moment. Each part has the time up to which it counts,
/// which is that of its own reading.
public struct Snapshot: Sendable {
    /// When it was taken: nanoseconds of CLOCK_MONOTONIC.
    public var time: UInt64
    /// What to add to a monotonic time for the wall time.
    public var wallOffset: Int64
    /// Connects and searches for ports.
    public var ports: Seen<PortsSnapshot> = .notAsked

    /// Listening sockets, dropped packets, connection tracking.
    public var drops: Seen<DropsSnapshot> = .notAsked

    /// What the CPUs run.
    public var samples: Seen<SamplesSnapshot> = .notAsked
    /// By which ways packets came to be dropped.
    public var ways: Seen<DropWays> = .notAsked
    /// As at the beginning or, in the last one, at the end.
    public var machine: Seen<MachineFacts> = .notAsked

    public init(time: UInt64, wallOffset: Int64) {
        self.time = time
        self.wallOffset = wallOffset
    }
}

/// What was seen, or why it could not be.
public enum Seen<Value> {
    case seen(Value)
    case not(String)
    case notAsked

    public var value: Value? {
        if case .seen(let value) = self { value } else { nil }
    }

    public func map<Other>(_ change: (Value) throws -> Other) rethrows -> Seen<Other> {
        switch self {
        case .seen(let value): .seen(try change(value))
        case .not(let why): .not(why)
        case .notAsked: .notAsked
        }
    }

    /// Why there is no value, which was asked for.
    public var obstacle: String? {
        if case .not(let why) = self { why } else { nil }
    }
}

extension Seen: Sendable where Value: Sendable {}

/// Something that is told when it happens, beside the totals.
public enum TraceEvent: Sendable {
    case connect(ConnectEvent)
    /// - Parameters:
    ///   - socket: which lost it, as it was last seen, or as the packet names it.
    ///   - owners: who holds it, as far as owners were asked for.
    case loss(ListenLoss, socket: Listener?, owners: [SocketOwner])
}
