// SPDX-License-Identifier: Apache-2.0
import Model

/// A process that holds a listening socket does not run: a signal stopped it, a debugger holds
/// it, or its cgroup is frozen. Connections come about all the same, and wait.
struct OwnerStopped: Rule {
    var ids: [FindingID] { [.ownerStopped] }

    func examine(_ seen: Observation) throws -> [Finding] {
        let queues = try AcceptQueue.all(seen)
        guard queues.isEmpty || queues.contains(where: { !Self.known($0.owner, seen).isEmpty }) else {
            throw NotExamined("what the processes do that hold listening sockets is not known")
        }
        return QueueGroups.busiest(
            queues.filter { !Self.stopped($0.owner, seen).isEmpty && !$0.state.isClosed }
        )
        .map { finding($0, seen) }
    }

    private static func known(_ owner: Owner, _ seen: Observation) -> [UInt32] {
        owner.workers.filter { seen.processes[$0]?.scheduling != nil }
    }

    private static func stopped(_ owner: Owner, _ seen: Observation) -> [UInt32] {
        owner.workers.filter {
            seen.processes[$0]?.scheduling?.isStopped == true
                || seen.waitingLooks[$0]?.isMostly(\.stopped) == true
        }
    }

    private func finding(_ queue: AcceptQueue, _ seen: Observation) -> Finding {
        let stopped = Self.stopped(queue.owner, seen)
        let facts = stopped.compactMap { seen.processes[$0]?.scheduling }
        let isWhole = stopped.count == queue.owner.workers.count
        let waiting = Double(queue.state.queues?.acceptQueue ?? 0)
        let who = stopped.count == 1 ? "process \(stopped[0])" : "\(stopped.count) processes"
        let how = How(facts)
        return Finding(
            id: .ownerStopped,
            severity: isWhole && (waiting > 0 || queue.overflows > 0) ? .critical : .warning,
            confidence: .certain, subject: .listener(queue.listener),
            subjectText: seen.text(of: queue.listener, queue.owner),
            summary: "\(queue.owner.name) (\(who)) \(how.text), and takes no connection"
                + (isWhole ? "" : "; \(queue.owner.workers.count - stopped.count) others run"),
            evidence: [
                Evidence(
                    "stopped_processes", Double(stopped.count),
                    "\(stopped.count) of the \(queue.owner.workers.count) that serve: \(how.state)",
                    by: .counter, counter: how.source),
                Evidence(
                    "accept_queue", waiting, "\(Int(waiting)) connections waited at the end", by: .sampled),
            ],
            impact: isWhole ? queue.impact(seen) : Impact(), fixes: how.fixes(stopped),
            check: how.check(stopped))
    }

    private static func list(_ pids: [UInt32], _ separator: ShellCommand) -> ShellCommand {
        // A command line has its limits, and a reader, too.
        pids.prefix(64).map { pid -> ShellCommand in "\(pid)" }.joined(separator: separator)
    }

    /// What stops them.
    private enum How {
        case signal
        case debugger
        case frozen(FrozenCgroup)
        /// It ran again at the end.
        case past

        init(_ facts: [ProcessScheduling]) {
            if let cgroup = facts.lazy.compactMap(\.frozen).first {
                self = .frozen(cgroup)
            } else if facts.contains(where: { $0.state == .stopped }) {
                self = .signal
            } else {
                self = facts.contains { $0.state == .traced } ? .debugger : .past
            }
        }

        var text: String {
            switch self {
            case .signal: "is stopped by a signal"
            case .debugger: "is stopped by a debugger"
            case .frozen: "is frozen with its cgroup"
            case .past: "was stopped at most looks while connections waited"
            }
        }

        var state: String {
            switch self {
            case .signal: "state T (stopped)"
            case .debugger: "state t (tracing stop)"
            case .frozen(let cgroup): "cgroup \(cgroup.directory) is frozen"
            case .past: "stopped for most of the run, and running at its end"
            }
        }

        var source: String {
            switch self {
            case .signal, .debugger, .past: "/proc/PID/stat"
            case .frozen(let cgroup): cgroup.isVersion1 ? "freezer.self_freezing" : "cgroup.freeze"
            }
        }

        func check(_ pids: [UInt32]) -> ShellCommand {
            switch self {
            case .signal, .debugger, .past: "ps -o pid,stat,comm -p \(OwnerStopped.list(pids, ","))"
            case .frozen(let cgroup):
                "cat \(file(cgroup))"
            }
        }

        func fixes(_ pids: [UInt32]) -> [Fix] {
            switch self {
            case .signal:
                [
                    Fix(
                        "let it go on, and find out who sent SIGSTOP (a shell's ^Z, a script)",
                        command: "kill -CONT \(OwnerStopped.list(pids, " "))")
                ]
            case .debugger:
                [
                    Fix(
                        "detach the debugger: this names its process",
                        command: "grep TracerPid /proc/\(pids.first ?? 0)/status")
                ]
            case .past: [Fix("find out who stops it (SIGSTOP, a debugger), and lets it go on")]
            case .frozen(let cgroup): [thaw(cgroup)]
            }
        }

        private func thaw(_ cgroup: FrozenCgroup) -> Fix {
            let what = "thaw the cgroup"
            switch CgroupName(directory: cgroup.directory) {
            case .unit(let unit) where !cgroup.isVersion1:
                return Fix(what, command: "systemctl thaw \(operand: unit)")
            case .docker(let id): return Fix(what, command: "docker unpause \(id)")
            case .unit, .pod, .other:
                return Fix(what, command: "echo \(cgroup.isVersion1 ? "THAWED" : "0") > \(file(cgroup))")
            }
        }

        private func file(_ cgroup: FrozenCgroup) -> String {
            "\(cgroup.directory)/\(cgroup.isVersion1 ? "freezer.state" : "cgroup.freeze")"
        }
    }
}
