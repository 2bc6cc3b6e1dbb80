// SPDX-License-Identifier: Apache-2.0
import Model

/// TCP holds as much memory as it may (`net.ipv4.tcp_mem`), or too many connections are closed
/// by their process and not over yet (`net.ipv4.tcp_max_orphans`): the kernel shrinks
/// buffers, drops data and resets connections (`tcp_out_of_resources`, net/ipv4/tcp_timer.c).
struct TCPMemoryPressure: Rule {
    var ids: [FindingID] { [.tcpMemoryPressure] }

    func examine(_ seen: Observation) throws -> [Finding] {
        try seen.requireNamespaces()
        let memory = TCPMemory(seen)
        return [finding(memory, seen)].compactMap(\.self)
    }

    private func finding(_ memory: TCPMemory, _ seen: Observation) -> Finding? {
        guard let state = judge(memory) else { return nil }
        return Finding(
            id: .tcpMemoryPressure, severity: state.severity, confidence: state.confidence, subject: .host,
            subjectText: "this host", summary: state.summary, evidence: evidence(memory, seen),
            impact: Impact(failed: seen.rate(memory.aborts, in: nil)),
            fixes: TCPMemoryFixes(memory: memory, seen: seen).all(),
            check:
                "cat /proc/net/sockstat; nstat -az TcpExtTCPMemoryPressures TcpExtTCPAbortOnMemory TcpExtPruneCalled",
            unsettled: state.unsettled)
    }

    private struct Judgement {
        var severity: Severity
        var confidence: Confidence
        var summary: String
        var unsettled = ""
    }

    /// `nil`: there is memory enough.
    private func judge(_ memory: TCPMemory) -> Judgement? {
        if memory.aborts > 0 {
            return Judgement(
                severity: .critical, confidence: .certain,
                summary: "the kernel resets connections, since "
                    + (memory.isNearOrphanLimit
                        ? "there are too many that their process has closed and that are not over yet"
                        : "TCP is out of memory"))
        }
        if memory.isPressed || memory.refused > 0 {
            return Judgement(
                severity: memory.refused > 0 ? .critical : .warning,
                confidence: memory.isPressed ? .certain : .likely,
                summary: "TCP is short of memory: it shrinks buffers"
                    + (memory.refused > 0 ? " and drops packets" : "") + ", so that connections get slow",
                unsettled: memory.isPressed
                    ? "" : "the memory of the service's cgroup (memory.max, memory.events)")
        }
        if memory.isNearPressure || memory.isNearOrphanLimit {
            return Judgement(
                severity: .info, confidence: .possible,
                summary: memory.isNearPressure
                    ? "TCP holds nearly as much memory as makes the kernel shrink buffers"
                    : "a quarter as many connections as may are closed by their process and not over yet: "
                        + "those that the kernel suspects are reset from there on",
                unsettled: "/proc/net/sockstat at the time of the highest load")
        }
        // One socket whose reader is slow fills its own buffer, and that is meant to be so.
        guard memory.prunedShare >= 0.01 else { return nil }
        return Judgement(
            severity: .info, confidence: .possible,
            summary: "data found no room in sockets' receive buffers: their readers are too slow, or "
                + "net.ipv4.tcp_rmem allows too little",
            unsettled: "ss -tmn: sockets whose Recv-Q stays full")
    }

    private func evidence(_ memory: TCPMemory, _ seen: Observation) -> [Evidence] {
        var evidence: [Evidence] = []
        func add(_ name: String, _ count: UInt64, _ text: String, _ counter: String) {
            guard count > 0 else { return }
            evidence.append(
                Evidence(
                    name, seen.rate(count, in: nil), "\(Units.exact(count)) \(text)", by: .counter,
                    counter: counter))
        }
        add("aborts_on_memory_per_s", memory.aborts, "connections were reset", "TCPAbortOnMemory")
        add(
            "memory_pressures_per_s", memory.pressures, "times TCP came under memory pressure",
            "TCPMemoryPressures")
        add("pruned_per_s", memory.pruned, "times data found no room in a receive buffer", "PruneCalled")
        if memory.refused > 0 {
            evidence.append(
                Evidence(
                    "memory_drops_per_s", seen.rate(memory.refused),
                    "\(Units.exact(memory.refused)) packets were dropped for want of memory",
                    by: .traced(.tracepoint)))
        }
        if let pages = memory.pages, let limits = memory.limits {
            evidence.append(
                Evidence(
                    "memory_pages", Double(pages),
                    "TCP holds \(Units.exact(pages)) pages; net.ipv4.tcp_mem is \(limits[0]) \(limits[1]) \(limits[2])",
                    by: .counter, counter: "sockstat mem"))
        }
        if let orphans = memory.orphans, let most = memory.maxOrphans {
            evidence.append(
                Evidence(
                    "orphans", Double(orphans),
                    "\(Units.exact(orphans)) closed connections are not over; net.ipv4.tcp_max_orphans is \(most)",
                    by: .counter, counter: "sockstat orphan"))
        }
        return evidence
    }
}
