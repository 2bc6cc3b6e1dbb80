// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes

/// The port ranges of the destinations that are connected to, wherever they are.
struct RangeLooks {
    private let pace: PortsQuestion.RangePace
    private let coverage: ConnectCoverage
    private let notes: Notes
    private var probe: RangeProbe?
    private var isRefused = false
    /// TcpExt TWRecycled of the namespaces, as it was at the last look.
    private var recycled = Recent<UInt32, UInt64>(keeping: 1024)
    /// Connects from each namespace since it was last looked into.
    private var waiting: [UInt32: UInt64] = [:]
    private var known = Recent<Destination, Known>(keeping: 1024)

    private struct Known {
        var range: PortRange
        var time: UInt64
    }

    private var calls = 0
    /// Not before this; monotonic nanoseconds.
    private var nextLook: UInt64 = 0
    /// The reading at the last look: the next one is of those that connected since.
    private var looked: PortsSnapshot?
    /// Looking takes this part of the time at most, if it is to be seldom.
    private static let shareOfTime: UInt64 = 1000
    /// Walking every socket costs more than an interval's tracing: this bounds it.
    private static let mostDestinations = 256

    init(_ pace: PortsQuestion.RangePace, _ coverage: ConnectCoverage, _ notes: Notes) {
        self.pace = pace
        self.coverage = coverage
        self.notes = notes
    }

    /// Loads what the looks take, which needs privileges that they do without.
    mutating func prepare() {
        if pace != .never { _ = opened() }
    }

    /// How full they are of those destinations that were connected to since the last look, the
    /// busiest ones; none if it is no time for a look.
    mutating func look(
        after now: PortsSnapshot, since last: PortsSnapshot, own: [Destination: ClosedRange<UInt16>],
        through looks: inout NamespaceLooks, isLast: Bool
    ) -> [PortRange] {
        calls += 1
        switch pace {
        case .never: return []
        case .always: return measure(now.totals.since(last.totals), own, &looks, isLast: isLast)
        case .seldom:
            // Of those before the first look, too.
            let since = looked?.totals ?? PortTotals(backend: now.backend)
            let start = HostClock.monotonicNanoseconds()
            guard isLast || (calls.isMultiple(of: 2) && start >= nextLook) else { return [] }
            let ranges = measure(now.totals.since(since), own, &looks, isLast: isLast)
            looked = now
            let end = HostClock.monotonicNanoseconds()
            nextLook = end + (end - start) * Self.shareOfTime
            return ranges
        }
    }

    /// Of namespaces those first that were connected from most since they were looked into: the
    /// busiest are looked into again and again, and the others in their turn.
    private mutating func measure(
        _ active: PortTotals, _ own: [Destination: ClosedRange<UInt16>], _ looks: inout NamespaceLooks,
        isLast: Bool
    ) -> [PortRange] {
        let busiest = active.busiestDestinations.prefix(Self.mostDestinations)
        guard !busiest.isEmpty, let probe = opened() else { return [] }
        let processes = Dictionary(active.connects.keys.map { ($0.netns, $0.pid) }) { $1 }
        for (key, stats) in active.connects { waiting[key.netns, default: 0] &+= stats.connects }
        let wanted = Dictionary(grouping: busiest, by: \.netns)
        waiting = waiting.filter { wanted[$0.key] != nil }
        let order = wanted.sorted { (waiting[$1.key] ?? 0, $0.key) < (waiting[$0.key] ?? 0, $1.key) }
        var ranges: [PortRange] = []
        for (inode, destinations) in order {
            guard isLast || looks.budget.isLeft else {
                ranges += destinations.compactMap { asKnown($0) }
                continue
            }
            let found = looks.budget.spend {
                look(destinations, probe, own, inode, processes[inode], &looks)
            }
            waiting[inode] = nil
            for range in found { known[range.destination] = Known(range: range, time: now) }
            ranges += found
        }
        return ranges
    }

    private var now: UInt64 { HostClock.monotonicNanoseconds() }

    /// As it was when it was last looked at; `nil`: it never was.
    private mutating func asKnown(_ destination: Destination) -> PortRange? {
        guard let known = known[destination] else { return nil }
        var range = known.range
        range.age = Double(now &- known.time) / 1e9
        range.recycled = nil
        return range
    }

    private mutating func look(
        _ destinations: [Destination], _ probe: RangeProbe, _ own: [Destination: ClosedRange<UInt16>],
        _ inode: UInt32, _ pid: UInt32?, _ looks: inout NamespaceLooks
    ) -> [PortRange] {
        do {
            // A namespace that has gone, with its processes, has no ports to hold.
            guard let measured = try looks.measure(destinations, by: probe, own: own, in: inode, near: pid)
            else { return [] }
            let before = recycled[inode]
            recycled[inode] = measured.recycled
            return measured.ranges.map { range in
                var range = range
                if let before, let now = measured.recycled { range.recycled = now &- before }
                return range
            }
        } catch {
            notes.note("ranges", "no port ranges: \(error)")
            return []
        }
    }

    private mutating func opened() -> RangeProbe? {
        if probe == nil, !isRefused {
            do { probe = try RangeProbe(coverage) } catch {
                isRefused = true
                notes.note("ranges", "no port ranges: \(error)")
            }
        }
        return probe
    }
}
