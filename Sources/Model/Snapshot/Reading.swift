// SPDX-License-Identifier: Apache-2.0

/// What grows while a trace runs: an interval is a later reading minus an earlier one.
public protocol Totals: Sendable {
    /// Later (`self`) minus earlier. What is no total is as of the later one.
    func since(_ earlier: Self) -> Self
}

/// Totals since the trace began, as they were at one moment.
@dynamicMemberLookup
public struct Reading<Of: Totals>: Sendable {
    /// Up to when they count: nanoseconds of CLOCK_MONOTONIC.
    public var time: UInt64
    /// Seconds since 1970, UTC.
    public var wallTime: Double
    public var totals: Of

    public init(time: UInt64, wallTime: Double, _ totals: Of) {
        self.time = time
        self.wallTime = wallTime
        self.totals = totals
    }

    public subscript<Field>(dynamicMember field: WritableKeyPath<Of, Field>) -> Field {
        get { totals[keyPath: field] }
        set { totals[keyPath: field] = newValue }
        _modify { yield &totals[keyPath: field] }
    }

    public subscript<Field>(dynamicMember field: KeyPath<Of, Field>) -> Field { totals[keyPath: field] }

    /// The same moment, other totals.
    public func map(_ change: (Of) -> Of) -> Self {
        Reading(time: time, wallTime: wallTime, change(totals))
    }

    /// Later (`self`) minus earlier.
    public func since(_ earlier: Self) -> Interval<Of> {
        Interval(
            duration: Double(time.minus(earlier.time)) / 1e9, wallTime: wallTime,
            totals.since(earlier.totals))
    }
}

/// What happened between two readings.
@dynamicMemberLookup
public struct Interval<Of: Totals>: Sendable {
    /// Seconds, by the monotonic clock.
    public var duration: Double
    /// End of the interval: seconds since 1970, UTC.
    public var wallTime: Double
    public var totals: Of

    public init(duration: Double, wallTime: Double, _ totals: Of) {
        self.duration = duration
        self.wallTime = wallTime
        self.totals = totals
    }

    public subscript<Field>(dynamicMember field: WritableKeyPath<Of, Field>) -> Field {
        get { totals[keyPath: field] }
        set { totals[keyPath: field] = newValue }
        _modify { yield &totals[keyPath: field] }
    }

    /// The same time, other totals.
    public func map(_ change: (Of) -> Of) -> Self {
        Interval(duration: duration, wallTime: wallTime, change(totals))
    }

    public subscript<Field>(dynamicMember field: KeyPath<Of, Field>) -> Field { totals[keyPath: field] }
}
