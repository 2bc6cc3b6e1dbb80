// SPDX-License-Identifier: Apache-2.0
import Model

/// A service's cgroup uses up its CPU time in many periods, and is halted for the rest of each:
/// whatever waits for it waits that long.
struct CPUThrottled: Rule {
    var ids: [FindingID] { [.cpuThrottled] }

    /// Halted in half of the periods: every request meets it.
    private let criticalShare = 0.5

    func examine(_ seen: Observation) throws -> [Finding] {
        let queues = try AcceptQueue.all(seen)
        guard queues.isEmpty || seen.processes.values.contains(where: { $0.scheduling != nil }) else {
            throw NotExamined("the cgroups of the processes that hold listening sockets are not known")
        }
        var told: Set<String> = []
        return QueueGroups.busiest(queues.filter { !$0.state.isClosed }).compactMap { queue in
            guard let quota = Self.tightest(queue.owner, seen), told.insert(quota.directory).inserted
            else { return nil }
            return finding(queue, quota, seen)
        }
    }

    /// The one that halts it most.
    private static func tightest(_ owner: Owner, _ seen: Observation) -> CPUQuota? {
        owner.pids.lazy.compactMap { seen.processes[$0]?.scheduling?.quotas }.joined().filter(\.isReached)
            .max { ($0.halted, $1.directory) < ($1.halted, $0.directory) }
    }

    private func finding(_ queue: AcceptQueue, _ quota: CPUQuota, _ seen: Observation) -> Finding {
        let share = quota.throttledShare ?? 0
        let each = quota.halted / max(quota.throttled, 1)
        return Finding(
            id: .cpuThrottled, severity: share >= criticalShare ? .critical : .warning, confidence: .certain,
            subject: .listener(queue.listener), subjectText: seen.text(of: queue.listener, queue.owner),
            summary: "\(queue.owner.name) is halted in \(Units.percent(share)) of all periods, "
                + "\(Units.duration(each)) on all its CPUs each: its cgroup may use \(Units.percent(quota.processors)) of one",
            evidence: [
                Evidence(
                    "throttled_share", share,
                    "\(Units.exact(quota.throttled)) of \(Units.exact(quota.periods)) periods of "
                        + "\(Units.duration(quota.period &* 1000)) were cut short", by: .counter,
                    counter: "nr_throttled of \(quota.directory)/cpu.stat"),
                Evidence(
                    "throttled_s_per_s", seen.rate(quota.halted) / 1e9,
                    "it was halted \(Units.duration(quota.halted)) in all", by: .counter,
                    counter: quota.isVersion1 ? "throttled_time" : "throttled_usec"),
                Evidence(
                    "quota_cpus", quota.processors,
                    "\(quota.quota) µs of CPU time in each \(quota.period) µs", by: .setting,
                    counter: quota.isVersion1 ? "cpu.cfs_quota_us" : "cpu.max"),
            ], impact: (queue.meanDepth ?? 0) >= 1 ? queue.impact(seen) : Impact(share: share, delay: each),
            fixes: [fix(quota, seen)], check: "cat \(file("cpu.stat", quota))")
    }

    /// While it was halted it wanted to run: with so many CPUs more, at most, it would have.
    static func neededProcessors(_ quota: CPUQuota, _ seen: Observation) -> Double {
        let wanted = quota.processors + seen.rate(quota.halted) / 1e9
        var most = Double.infinity
        if case .seen(let hotspots) = seen.hotspots, !hotspots.cpus.isEmpty {
            most = Double(hotspots.cpus.count)
        }
        return max(min(wanted, most), min(quota.processors * 1.5, most))
    }

    private func fix(_ quota: CPUQuota, _ seen: Observation) -> Fix {
        let wanted = Self.neededProcessors(quota, seen)
        guard wanted > quota.processors else {
            return Fix("its quota is all that the machine has: it needs more CPUs, or less to do")
        }
        let percent = Int((wanted * 20).rounded(.up)) * 5
        let what = "let it use \(percent) % of a CPU, instead of \(Units.percent(quota.processors))"
        let risk = "others on this machine get less: the quota was set by somebody"
        switch CgroupName(directory: quota.directory) {
        case .unit(let unit):
            return Fix(
                what, command: "systemctl set-property \(operand: unit) CPUQuota=\(percent)%",
                risk: risk)
        case .docker(let id):
            return Fix(
                what,
                command: "docker update --cpus \(Units.mean(Double(percent) / 100)) \(id)",
                risk: risk)
        case .pod:
            return Fix(
                what, line: "resources.limits.cpu: \(percent * 10)m",
                lasting: "in the pod's specification",
                risk: risk)
        case .other:
            let value = UInt64(percent) * quota.period / 100
            return Fix(
                what,
                command: quota.isVersion1
                    ? "echo \(value) > \(file("cpu.cfs_quota_us", quota))"
                    : "echo '\(value) \(quota.period)' > \(file("cpu.max", quota))",
                lasting: "where the cgroup is made", risk: risk)
        }
    }

    private func file(_ name: String, _ quota: CPUQuota) -> String { "\(quota.directory)/\(name)" }
}
