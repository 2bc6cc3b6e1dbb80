// SPDX-License-Identifier: Apache-2.0

/// What happened between two snapshots.
public struct PortsInterval: Sendable {
    /// Seconds, by the monotonic clock.
    public var duration: Double
    /// End of the interval: seconds since 1970, UTC.
    public var wallTime: Double
    public var backend: Backend
    /// Only keys with activity.
    public var connects: [ConnectKey: ConnectStats]
    /// As they were at the interval's end.
    public var ranges: [PortRange]
    public var loss: Loss

    public init(
        duration: Double, wallTime: Double, backend: Backend,
        connects: [ConnectKey: ConnectStats], ranges: [PortRange], loss: Loss
    ) {
        self.duration = duration
        self.wallTime = wallTime
        self.backend = backend
        self.connects = connects
        self.ranges = ranges
        self.loss = loss
    }

    /// All keys in one. `nil` if nothing happened.
    public var total: ConnectStats? {
        var rest = connects.values.makeIterator()
        guard var total = rest.next() else { return nil }
        while let next = rest.next() { total.merge(next) }
        return total
    }
}

extension PortsSnapshot {
    /// Later (`self`) minus earlier. A key that the earlier one did not know
    /// began at 0.
    public func since(_ earlier: PortsSnapshot) -> PortsInterval {
        var active: [ConnectKey: ConnectStats] = [:]
        for (key, stats) in connects {
            var rest = stats
            if let before = earlier.connects[key] {
                if stats.isUnchanged(since: before) { continue }
                rest.subtract(before)
            }
            if rest.isActive { active[key] = rest }
        }
        var lost = loss
        lost.subtract(earlier.loss)
        return PortsInterval(
            duration: Double(time.minus(earlier.time)) / 1e9, wallTime: wallTime,
            backend: backend, connects: active, ranges: ranges, loss: lost)
    }
}
