// SPDX-License-Identifier: Apache-2.0
import Model

/// accept() fails: connections wait, and their server cannot take them for want of a descriptor,
/// or of memory.
struct AcceptFails: Rule {
    var ids: [FindingID] { [.acceptFails] }

    func examine(_ seen: Observation) throws -> [Finding] {
        let drops = try seen.drops.get()
        guard drops.acceptFailures != nil else { throw NotExamined("calls of accept are not traced here") }
        let queues = try AcceptQueue.all(seen)
        return QueueGroups.busiest(queues.filter { !Self.failures(of: $0.owner.pids, drops).isEmpty })
            .map { finding($0, seen, drops) }
    }

    /// For want of what the server needs; what else may fail (EBADF, EINVAL while it closes the
    /// socket) is its own doing.
    private static let shortages: Set<Int32> = [
        ErrorNumber.tooManyOpenFiles, ErrorNumber.tooManyOpenFilesInSystem, ErrorNumber.noMemory,
        ErrorNumber.noBufferSpace, ErrorNumber.notPermitted,
    ]

    /// How often accept failed for processes, by the error.
    static func failures(of pids: [UInt32], _ drops: DropsInterval) -> [Int32: UInt64] {
        let pids = Set(pids)
        return (drops.acceptFailures ?? [:]).reduce(into: [:]) { sums, entry in
            guard pids.contains(entry.key.pid), shortages.contains(entry.key.error) else { return }
            sums[entry.key.error, default: 0] &+= entry.value
        }
    }

    private func finding(_ queue: AcceptQueue, _ seen: Observation, _ drops: DropsInterval) -> Finding {
        let failures = Self.failures(of: queue.owner.pids, drops)
        let most = failures.max { ($0.value, $1.key) < ($1.value, $0.key) }
        let error = most?.key ?? 0
        let count = failures.values.reduce(0, &+)
        let name = ErrorName.name(error)
        let endpoint = EndpointText.of(queue.listener.address, queue.listener.port)
        let isWaitedFor = (queue.meanDepth ?? 0) >= 1 || queue.overflows > 0
        return Finding(
            id: .acceptFails, severity: isWaitedFor ? .critical : .warning, confidence: .certain,
            subject: .listener(queue.listener), subjectText: seen.text(of: queue.listener, queue.owner),
            summary: seen.often(count, "call") { $0 ? "fails" : "fail" } + " of accept with \(name): "
                + "\(queue.owner.name) cannot take connections on \(endpoint), since \(Self.why(error))",
            evidence: [
                Evidence(
                    "accept_failures_per_s", seen.rate(count),
                    "\(Units.exact(count)) calls of accept failed, \(Units.exact(most?.value ?? 0)) with \(name)",
                    by: .traced(drops.waitBackend ?? drops.backend))
            ] + limits(error, queue, seen) + waiting(queue),
            impact: isWaitedFor ? queue.impact(seen) : Impact(),
            fixes: AcceptFailureFixes.of(
                error: error, Self.process(queue.owner, seen, drops), queue.owner, seen),
            check: "tcpwhy diagnose -P \(queue.listener.port) -d 10")
    }

    private static func why(_ error: Int32) -> String {
        switch error {
        case ErrorNumber.tooManyOpenFiles: "it has as many files open as its limit allows"
        case ErrorNumber.tooManyOpenFilesInSystem: "the machine has as many files open as fs.file-max allows"
        case ErrorNumber.notPermitted: "a security module or a firewall rule forbids it"
        default: "the kernel has no memory for it"
        }
    }

    /// The one of which accept failed most.
    private static func process(
        _ owner: Owner, _ seen: Observation, _ drops: DropsInterval
    ) -> ProcessFacts? {
        let counts = (drops.acceptFailures ?? [:]).filter { owner.pids.contains($0.key.pid) }
        return counts.max { ($0.value, $1.key.pid) < ($1.value, $0.key.pid) }
            .flatMap { seen.processes[$0.key.pid] }
    }

    private func limits(_ error: Int32, _ queue: AcceptQueue, _ seen: Observation) -> [Evidence] {
        if error == ErrorNumber.tooManyOpenFilesInSystem, let maximum = seen.fileTable.maximum {
            let open = seen.fileTable.open.map { "\(Units.exact($0)) of " } ?? ""
            return [
                Evidence(
                    "file_max", Double(maximum),
                    "\(open)\(Units.exact(maximum)) files are open on this machine",
                    by: .setting, counter: "/proc/sys/fs/file-nr")
            ]
        }
        let limited = queue.owner.pids.lazy.compactMap { seen.processes[$0]?.openFiles }
            .max { ($0.open ?? 0) < ($1.open ?? 0) }
        guard error == ErrorNumber.tooManyOpenFiles, let limited, let soft = limited.soft else { return [] }
        let open = limited.open.map { "\(Units.exact($0)) of " } ?? ""
        return [
            Evidence(
                "open_file_limit", Double(soft), "it has \(open)\(Units.exact(soft)) files open",
                by: .setting,
                counter: "/proc/PID/limits")
        ]
    }

    private func waiting(_ queue: AcceptQueue) -> [Evidence] {
        guard let depth = queue.meanDepth else { return [] }
        return [
            Evidence(
                "mean_depth", depth, "\(Units.mean(depth)) connections waited at any time, on average",
                by: queue.depthSource)
        ]
    }
}
