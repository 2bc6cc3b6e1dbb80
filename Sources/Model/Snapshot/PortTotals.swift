// SPDX-License-Identifier: Apache-2.0

/// Connects, their searches for ports, and the ranges that they choose from: since the trace
/// began, or of an interval.
public struct PortTotals: Totals {
    public var backend: Backend
    /// How the ports that a search tried are found out; `nil`: not at all.
    public var method: PortMethod?
    /// In an interval only keys with activity.
    public var connects: [ConnectKey: ConnectStats]
    /// Of processes that ended, in rows of their own: what was theirs in `connects`. An interval
    /// has none: they were idle.
    public var ended: [ConnectKey: ConnectStats] = [:]
    /// As they were at this reading, of destinations that were connected to; no totals. Empty if
    /// nobody looked.
    public var ranges: [PortRange]
    /// Connects to Unix stream sockets whose queue was full; `nil`: not asked for, or not seen.
    public var fullUnixSockets: [UnixConnect: UInt64]?
    /// What searches took, by the stacks that they began on; `nil`: not asked for.
    public var searches: StackCosts?
    public var loss: Loss

    public init(
        backend: Backend, method: PortMethod? = nil, connects: [ConnectKey: ConnectStats] = [:],
        ranges: [PortRange] = [], loss: Loss = Loss()
    ) {
        self.backend = backend
        self.method = method
        self.connects = connects
        self.ranges = ranges
        self.loss = loss
    }

    /// A key that the earlier one did not know began at 0.
    public func since(_ earlier: PortTotals) -> PortTotals {
        var rest = PortTotals(backend: backend, method: method, ranges: ranges, loss: loss)
        for (key, stats) in connects {
            var change = stats
            if let before = earlier.connects[key] {
                if stats.isUnchanged(since: before) { continue }
                change.subtract(before)
            }
            if change.isActive { rest.connects[key] = change }
        }
        rest.loss.subtract(earlier.loss)
        rest.fullUnixSockets = fullUnixSockets
        rest.fullUnixSockets?.subtract(earlier.fullUnixSockets ?? [:])
        rest.searches = searches
        if let before = earlier.searches { rest.searches?.subtract(before) }
        return rest
    }

    /// All keys in one. `nil` if nothing happened.
    public var total: ConnectStats? {
        var rest = connects.values.makeIterator()
        guard var total = rest.next() else { return nil }
        while let next = rest.next() { total.merge(next) }
        return total
    }

    /// With processes that ended among the others: all of a run.
    public var withEnded: PortTotals {
        var all = self
        for (key, stats) in ended { all.connects[key, default: ConnectStats()].merge(stats) }
        all.ended = [:]
        return all
    }

    /// What all searches for a port took, to the end of the run and from its beginning.
    public var searchTime: SearchTime {
        let time = [connects, ended].lazy.joined().reduce(0) { $0 &+ ($1.value.search?.sum ?? 0) }
        return .measured(nanoseconds: time, missed: loss.missedTotal &+ loss.attempt, backend: backend)
    }

    /// Destinations of connects, those with most connects first.
    public var busiestDestinations: [Destination] {
        var connects: [Destination: UInt64] = [:]
        for (key, stats) in self.connects {
            guard let address = key.destination else { continue }
            let destination = Destination(netns: key.netns, address: address, port: key.port)
            connects[destination, default: 0] &+= stats.connects
        }
        return connects.sorted { left, right in
            if left.value != right.value { return left.value > right.value }
            let (one, other) = (left.key, right.key)
            if one.address != other.address { return one.address < other.address }
            return (one.port, one.netns) < (other.port, other.netns)
        }.map(\.key)
    }
}

/// Everything `tcpwhy ports` knows at one moment.
public typealias PortsSnapshot = Reading<PortTotals>
public typealias PortsInterval = Interval<PortTotals>

extension PortsSnapshot {
    public init(
        time: UInt64, wallTime: Double, backend: Backend, connects: [ConnectKey: ConnectStats],
        ranges: [PortRange], loss: Loss
    ) {
        self.init(
            time: time, wallTime: wallTime,
            PortTotals(backend: backend, connects: connects, ranges: ranges, loss: loss))
    }
}

extension PortsInterval {
    public init(
        duration: Double, wallTime: Double, backend: Backend, connects: [ConnectKey: ConnectStats],
        ranges: [PortRange], loss: Loss
    ) {
        self.init(
            duration: duration, wallTime: wallTime,
            PortTotals(backend: backend, connects: connects, ranges: ranges, loss: loss))
    }
}
