// SPDX-License-Identifier: Apache-2.0

/// What a CPU did with its time: clock ticks since it was started, or of an interval. Each
/// tick is in one field.
public struct CPUTime: Sendable, Hashable {
    public var user: UInt64 = 0
    /// Of processes with a lowered priority.
    public var nice: UInt64 = 0
    public var system: UInt64 = 0
    public var idle: UInt64 = 0
    /// Idle while something waits for a disk.
    public var iowait: UInt64 = 0
    public var irq: UInt64 = 0
    public var softirq: UInt64 = 0
    /// Taken by the hypervisor.
    public var steal: UInt64 = 0

    public init() {}

    /// Later (`self`) minus earlier. The kernel lets `iowait` fall now and then: that is 0.
    public func since(_ earlier: CPUTime) -> CPUTime {
        var rest = self
        for field in Self.fields {
            rest[keyPath: field] = self[keyPath: field].minus(earlier[keyPath: field])
        }
        return rest
    }

    public mutating func merge(_ other: CPUTime) {
        for field in Self.fields { self[keyPath: field] &+= other[keyPath: field] }
    }

    public var all: UInt64 { user &+ nice &+ system &+ idle &+ iowait &+ irq &+ softirq &+ steal }

    /// Spent on something, here.
    public var busy: UInt64 { all.minus(idle &+ iowait &+ steal) }

    /// A field's share of the whole, 0 to 1. `nil`: no tick in so short a time.
    public func share(_ ticks: UInt64) -> Double? {
        all > 0 ? Double(ticks) / Double(all) : nil
    }

    /// Computed: key paths cannot be shared between threads.
    private static var fields: [WritableKeyPath<CPUTime, UInt64>] {
        [\.user, \.nice, \.system, \.idle, \.iowait, \.irq, \.softirq, \.steal]
    }
}

/// CPUs by number, as they count up.
public typealias CPUTimes = [Int32: CPUTime]

extension CPUTimes {
    /// Later (`self`) minus earlier, of the CPUs that ran at both times: one that was
    /// started meanwhile says nothing of the interval.
    public func since(_ earlier: CPUTimes) -> CPUTimes {
        var rest: CPUTimes = [:]
        for (cpu, time) in self {
            if let before = earlier[cpu] { rest[cpu] = time.since(before) }
        }
        return rest
    }

    public var total: CPUTime {
        values.reduce(into: CPUTime()) { $0.merge($1) }
    }
}
