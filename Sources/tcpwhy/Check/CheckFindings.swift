// SPDX-License-Identifier: Apache-2.0
import BPF
import Collector
import Host
import Model
import Probes

/// What `tcpwhy check` found out.
struct CheckFindings {
    struct ProbeFinding {
        let name: String
        /// What is measured by this backend, and what is not.
        let chosen: Backend?
        /// What it is where there is no choice of backends.
        var kind: String?
        let measures: String
        let refused: [(backend: Backend, why: String)]
    }

    var kernel: KernelRelease
    /// What cannot be done without privileges that are not there; `nil`: not known.
    var missing: [Privilege]?
    /// Whether its privileges are those of another user namespace than the first.
    var isInUserNamespace: Bool
    /// Why the kernel's types cannot be read; `nil`: they can.
    var typesObstacle: String?
    var lockdown: Lockdown
    /// Why nothing is tried at all; `nil`: the probes were tried.
    var obstacle: String?
    var probes: [ProbeFinding] = []
    var iterator: String?

    var canTrace: Bool { probes.contains { $0.name == "connect" && $0.chosen != nil } }

    var verdict: String {
        obstacle ?? (canTrace ? "can trace" : "no backend works here: nothing can be traced")
    }

    static func gather() -> CheckFindings {
        let preflight = Preflight.current()
        var findings = CheckFindings(
            kernel: preflight.kernel, missing: missingPrivileges(),
            isInUserNamespace: preflight.isInUserNamespace, typesObstacle: preflight.typesObstacle,
            lockdown: preflight.lockdown, obstacle: preflight.obstacle)
        guard findings.obstacle == nil else { return findings }
        do throws(BPFError) {
            findings.tryProbes(try BTF.vmlinux())
        } catch {
            findings.obstacle = "\(error)"
        }
        return findings
    }

    private static func missingPrivileges() -> [Privilege]? {
        guard let held = try? Capabilities.effective() else { return nil }
        return Privilege.all.filter { !held.has($0.capability) }
    }

    private mutating func tryProbes(_ btf: borrowing BTF) {
        let table = BackendTrial.all(btf: btf)
        let counting = table.first { $0.probe == "check" }?.results.filter { $0.refusal == nil } ?? []
        for (name, results) in table {
            let chosen = results.first { $0.refusal == nil }?.backend
            probes.append(
                ProbeFinding(
                    name: name, chosen: chosen,
                    kind: name == "listen" && chosen == nil ? "iterator" : nil,
                    measures: ProbeCoverage.text(
                        name, chosen, derives: PortCounting.canDerive,
                        counts: counting.contains { $0.backend == chosen }),
                    refused: results.compactMap { result in
                        result.refusal.map { (result.backend, $0) }
                    }))
        }
        let noPackets = BackendTrial.packets(btf: btf)
        probes.append(
            ProbeFinding(
                name: "drop", chosen: nil, kind: "tracepoint kfree_skb",
                measures: noPackets.map { "no dropped packets: \($0)" }
                    ?? "every other dropped packet by reason, place, protocol and port: exact",
                refused: []))
        tryConntrack(btf)
        trySampling()
        iterator = Trial.iterator("tcp", btf: btf)?.description
        probes.append(
            ProbeFinding(
                name: "range", chosen: nil, kind: "iterator",
                measures: iterator == nil
                    ? "ports held per destination (socket iterator), exact"
                    : "no ports held per destination", refused: []))
    }
}

extension CheckFindings {
    fileprivate mutating func tryConntrack(_ btf: borrowing BTF) {
        let results = BackendTrial.conntrack(btf: btf)
        let chosen = results.first { $0.refusal == nil }?.backend
        probes.append(
            ProbeFinding(
                name: "conntrack", chosen: chosen, kind: "counter",
                measures: chosen == nil
                    ? "conntrack tables that are full: by the kernel's counter, with refusals of helpers"
                    : "conntrack tables that are full: exact",
                refused: results.compactMap { result in result.refusal.map { (result.backend, $0) } }))
    }

    private mutating func trySampling() {
        var clock: SampleClock?
        var why = ""
        do throws(HostError) {
            let cpu = try CPUList.online()[0]
            let refusals = SampleClock.allCases.map { Trial.sampling($0, cpu: cpu) }
            clock = zip(SampleClock.allCases, refusals).first { $0.1 == nil }?.0
            why = refusals.compactMap { $0?.description }.last ?? ""
        } catch {
            why = "\(error)"
        }
        probes.append(
            ProbeFinding(
                name: "profile", chosen: nil, kind: clock.map { "perf event \($0.rawValue)" },
                measures: clock == nil
                    ? "no samples: \(why)"
                    : "what the CPUs run, with the stacks of kernel and process: sampled",
                refused: []))
    }
}

/// What each probe can and cannot measure, by backend: the words of `check`.
enum ProbeCoverage {
    /// - Parameters:
    ///   - derives: ports can be derived: the address of table_perturb is known.
    ///   - counts: this backend can count them.
    static func text(_ probe: String, _ backend: Backend?, derives: Bool, counts: Bool) -> String {
        switch (probe, backend) {
        case ("listen", nil):
            "drops per listening socket by its own counter (sk_drops), without causes"
        case ("listen", _):
            "drops per listening socket by cause: exact"
        case ("accept", .tracepoint?):
            "accepts and their time in the accept queue: exact for accept() and accept4()"
        case ("accept", _?):
            "accepts, time in the accept queue, depth as arrivals saw it: exact"
        case (_, nil):
            probe == "check" ? "ports checked cannot be counted" : "not to be had"
        case ("connect", .tracepoint?):
            "connects, failures by errno and destination: exact; time of the system call; search "
                + "time only of searches in vain; ports tried estimated from the range's use"
        case ("connect", _):
            "connects, failures by errno and destination, search and call time: exact; ports tried "
                + (derives
                    ? "derived"
                    : "\(counts ? "counted" : "not measured") (the address of table_perturb is hidden)")
        case ("bind", .tracepoint?):
            "bind to port 0: calls, failures, time of the system call; no search time"
        case ("bind", _):
            "bind to port 0: searches, failures, search time: exact; ports tried are not measured"
        default:
            "ports checked, each counted (--count-calls)"
        }
    }
}
