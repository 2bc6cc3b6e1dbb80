// SPDX-License-Identifier: Apache-2.0
import BPF
import Diagnosis
import Host
import Model
import Probes

/// One run of `tcpwhy diagnose`: everything is traced together, then told at once.
final class DiagnoseSession {
    private let namespaces: NamespaceObserver
    private let connects: Observed<ConnectObserver>
    private let listeners: Observed<ListenObserver>
    private let processors: Observed<ProcessorObserver>
    private let start: UInt64
    /// Between looks at queues, seconds; at ranges, twice that. Each walks the kernel's whole
    /// table of sockets, milliseconds of CPU time on a machine with much memory.
    private let lookInterval = 1.0
    private var looks = 0

    /// What watches, or why nothing does.
    private struct Observed<Observer> {
        var observer: Observer?
        var why = ""

        init(_ make: () throws -> Observer) throws {
            do {
                observer = try make()
            } catch let failure as Failure {
                why = failure.message
            } catch let error as ProbeError {
                why = "\(error)"
            }
        }
    }

    init(_ options: DiagnoseOptions) throws {
        let netns = try options.namespace.open()
        // Every probe asks for the kernel's types.
        BTF.keep()
        defer { BTF.letGo() }
        listeners = try Observed { try ListenObserver(netns: netns, backend: options.backend) }
        connects = try Observed {
            var connect = ConnectOptions()
            connect.netns = netns?.inode
            connect.backend = options.backend
            return try ConnectObserver(connect)
        }
        processors = try Observed {
            var sample = SampleOptions()
            sample.netns = netns?.inode
            return try ProcessorObserver(sample)
        }
        if listeners.observer == nil, connects.observer == nil {
            throw Failure.cannotTrace(listeners.why)
        }
        namespaces = NamespaceObserver(only: netns)
        start = HostClock.monotonicNanoseconds()
        try listeners.observer?.start()
    }

    /// The backends in use, each once: "fentry", "fentry and kprobe".
    var backends: String {
        let used = [listeners.observer?.backend, connects.observer?.backend].compactMap { $0?.rawValue }
        return (used.count == 2 && used[0] == used[1] ? [used[0]] : used).joined(separator: " and ")
    }

    /// - Parameter progress: called at each look with the seconds that are over.
    func run(seconds: Double, progress: (Double) -> Void) throws -> Observation {
        let loop = try ReportLoop(every: lookInterval)
        try loop.run(
            reports: nil, until: start + UInt64(seconds * 1e9), watching: processors.observer?.descriptor
        ) {
            processors.observer?.drain()
        } report: {
            try look()
            progress(Double(HostClock.monotonicNanoseconds() - start) / 1e9)
        }
        try look(isLast: true)
        return try finish()
    }

    private func look(isLast: Bool = false) throws {
        looks += 1
        if isLast || looks.isMultiple(of: 2) { try connects.observer?.look(isLast: isLast) }
        try listeners.observer?.look()
        if !isLast { try processors.observer?.look() }
    }

    private func finish() throws -> Observation {
        // Detaching takes its time, and counts nothing any more.
        let end = HostClock.monotonicNanoseconds()
        processors.observer?.stop()
        try connects.observer?.stop()
        try listeners.observer?.stop()
        let (facts, gone) = namespaces.result()
        let duration = Double(end - start) / 1e9
        let ports = try connects.observer?.result(from: start, to: end)
        let search = Self.search(ports)
        let hotspots = try processors.observer?.result(duration, search: search)
        let drops = listeners.observer?.result() ?? .not(listeners.why)
        return Observation(
            duration: duration, wallTime: Double(HostClock.wallNanoseconds()) / 1e9,
            ports: ports.map { .seen($0) } ?? .not(connects.why), drops: drops,
            queueDepths: listeners.observer?.depths ?? [:],
            hotspots: hotspots.map { .seen($0) } ?? .not(processors.why), namespaces: facts,
            goneNamespaces: gone, processes: Self.processes(of: drops), availableMemory: Memory.available())
    }

    private static func search(_ ports: PortsInterval?) -> SearchTime {
        guard let ports, let total = ports.total?.search, ports.backend != .tracepoint else {
            return .unknown("no search for a port was seen")
        }
        return .measured(
            nanoseconds: total.sum, missed: ports.loss.missedTotal &+ ports.loss.attempt,
            backend: ports.backend)
    }

    private static func processes(of drops: Seen<DropsInterval>) -> [UInt32: ProcessFacts] {
        guard case .seen(let drops) = drops else { return [:] }
        let pids = Set(drops.owners.values.joined().map(\.pid))
        return pids.reduce(into: [:]) { $0[$1] = ProcessFacts(pid: $1) }
    }
}
