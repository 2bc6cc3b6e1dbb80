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
    private var recycled: [UInt32: UInt64] = [:]
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

    /// How full they are of those destinations that were connected to since the last look, the
    /// busiest ones; none if it is no time for a look.
    mutating func look(
        after now: PortsSnapshot, since last: PortsSnapshot, own: [Destination: ClosedRange<UInt16>],
        through looks: inout NamespaceLooks, isLast: Bool
    ) -> [PortRange] {
        calls += 1
        switch pace {
        case .never: return []
        case .always: return measure(now.totals.since(last.totals), own, &looks)
        case .seldom:
            // Of those before the first look, too.
            let since = looked?.totals ?? PortTotals(backend: now.backend)
            let start = HostClock.monotonicNanoseconds()
            guard isLast || (calls.isMultiple(of: 2) && start >= nextLook) else { return [] }
            let ranges = measure(now.totals.since(since), own, &looks)
            looked = now
            let end = HostClock.monotonicNanoseconds()
            nextLook = end + (end - start) * Self.shareOfTime
            return ranges
        }
    }

    private mutating func measure(
        _ active: PortTotals, _ own: [Destination: ClosedRange<UInt16>], _ looks: inout NamespaceLooks
    ) -> [PortRange] {
        let busiest = active.busiestDestinations.prefix(Self.mostDestinations)
        guard !busiest.isEmpty, let probe = opened() else { return [] }
        let processes = Dictionary(active.connects.keys.map { ($0.netns, $0.pid) }) { $1 }
        var ranges: [PortRange] = []
        for (inode, destinations) in Dictionary(grouping: busiest, by: \.netns) {
            let measured: (ranges: [PortRange], recycled: UInt64?)?
            do {
                measured = try looks.measure(
                    destinations, by: probe, own: own, in: inode, near: processes[inode])
            } catch {
                notes.note("ranges", "no port ranges: \(error)")
                continue
            }
            // A namespace that has gone, with its processes, has no ports to hold.
            guard let measured else { continue }
            let before = recycled[inode]
            recycled[inode] = measured.recycled
            for var range in measured.ranges {
                if let before, let now = measured.recycled { range.recycled = now &- before }
                ranges.append(range)
            }
        }
        return ranges
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
