// SPDX-License-Identifier: Apache-2.0
import Collector
import Diagnosis
import Model

/// One run of `tcpwhy diagnose` as snapshots show it: all of it together, and what comes and goes
/// meanwhile, queues and ranges.
struct DiagnoseReader {
    private var first: Snapshot?
    /// As last seen, also of sockets that are closed by now.
    private var queues: [Listener: ListenQueues] = [:]
    /// How full each accept queue was at each look.
    private var depths: [Listener: Distribution] = [:]
    /// Of each destination, as its range was when it was fullest.
    private var fullest: [Destination: PortRange] = [:]

    /// - Parameters:
    ///   - begin: is told what watches: "fentry", "fentry and kprobe".
    ///   - progress: is told at each look the seconds that are over.
    mutating func read(
        _ source: some SnapshotSource, begin: (String) -> Void, progress: (Double) -> Void
    ) throws -> Observation {
        var source = source
        while let update = try source.next() {
            guard let now = update.snapshot else { continue }
            guard let first else {
                if now.drops.value == nil, now.ports.value == nil {
                    throw Failure.cannotTrace("\(lines: now.drops.obstacle ?? "nothing can be traced here")")
                }
                begin(Self.backends(now))
                first = now
                continue
            }
            look(at: now)
            if update.isLast { return observation(from: first, to: now) }
            progress(Double(now.time - first.time) / 1e9)
        }
        throw Failure.failed("the trace ended before it began")
    }

    private static func backends(_ snapshot: Snapshot) -> String {
        let used = [snapshot.drops.value?.backend, snapshot.ports.value?.backend].compactMap { $0?.rawValue }
        return (used.count == 2 && used[0] == used[1] ? [used[0]] : used).joined(separator: " and ")
    }

    private mutating func look(at now: Snapshot) {
        for (listener, state) in now.drops.value?.listeners ?? [:] {
            guard let seen = state.queues else { continue }
            depths[listener, default: Distribution()].record(UInt64(seen.acceptQueue))
            queues[listener] = seen
        }
        for range in now.ports.value?.ranges ?? [] {
            if let known = fullest[range.destination], known.held >= range.held { continue }
            fullest[range.destination] = range
        }
    }

    private func observation(from first: Snapshot, to last: Snapshot) -> Observation {
        let ports = Self.interval(
            first.ports.map { $0.map(\.withEnded) }, last.ports.map { $0.map(\.withEnded) }
        )
        .map { ports in
            var ports = ports
            ports.ranges = Array(fullest.values)
            return ports
        }
        let drops = Self.interval(first.drops, last.drops.map { $0.map(\.withEnded) }).map { drops in
            var drops = drops
            for (listener, seen) in queues where drops.listeners[listener]?.queues == nil {
                drops.listeners[listener]?.queues = seen
            }
            return drops
        }
        let search = Self.search(ports.value)
        let machine = last.machine.value ?? MachineFacts()
        let before = first.machine.value ?? MachineFacts()
        let (namespaces, gone) = machine.namespaces(since: before)
        var seen = Observation(
            duration: drops.value?.duration ?? ports.value?.duration ?? 0,
            wallTime: drops.value?.wallTime ?? ports.value?.wallTime ?? 0, ports: ports, drops: drops,
            queueDepths: depths,
            hotspots: Self.interval(first.samples, last.samples.map { $0.map(\.withEnded) }).map {
                HotspotsInterval($0, search: search)
            },
            namespaces: namespaces, goneNamespaces: gone,
            processes: machine.processes(since: before), availableMemory: machine.availableMemory)
        seen.waitingLooks = machine.waitingLooks
        seen.fileTable = machine.fileTable
        seen.unixListeners = machine.unixListeners
        seen.unixOwners = machine.unixOwners
        return seen
    }

    private static func interval<Of>(
        _ first: Seen<Reading<Of>>, _ last: Seen<Reading<Of>>
    ) -> Seen<Interval<Of>> {
        guard let first = first.value else { return last.map { $0.since($0) } }
        return last.map { $0.since(first) }
    }

    private static func search(_ ports: PortsInterval?) -> SearchTime {
        guard let ports, ports.total?.search != nil, ports.backend != .tracepoint else {
            return .unknown("no search for a port was seen")
        }
        return ports.searchTime
    }
}
