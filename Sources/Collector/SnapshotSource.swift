// SPDX-License-Identifier: Apache-2.0
public import Model

/// Where snapshots come from: a kernel that is traced, or whatever else has them.
public protocol SnapshotSource {
    /// Waits for what comes next; `nil`: there is no more.
    /// - Parameter take: is handed each event, before what is returned.
    mutating func next(_ take: (TraceEvent) throws -> Void) throws -> Update?
}

/// What came.
public enum Update: Sendable {
    /// At the beginning: from here on everything counts.
    case first(Snapshot)
    /// At the end of an interval.
    case tick(Snapshot)
    /// Events only, which were handed over.
    case events
    /// At the end of the run; nothing comes after it.
    case last(Snapshot)

    /// `nil`: events only.
    public var snapshot: Snapshot? {
        switch self {
        case .first(let snapshot), .tick(let snapshot), .last(let snapshot): snapshot
        case .events: nil
        }
    }

    public var isLast: Bool {
        if case .last = self { true } else { false }
    }
}

extension SnapshotSource {
    /// The same without events.
    public mutating func next() throws -> Update? { try next { _ in } }
}
