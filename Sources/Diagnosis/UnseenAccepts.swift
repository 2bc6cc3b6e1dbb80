// SPDX-License-Identifier: Apache-2.0
import Model

/// Accepts that tracepoints at system calls do not show: by io_uring, of MPTCP, by the kernel's
/// own servers. The kernel's counter shows them all the same: what came about, was not accepted
/// by a call that was seen, and does not wait either, was accepted some other way.
enum UnseenAccepts {
    /// Less than this may be connections that came or went at either end of the run.
    private static let leastShare = 0.1
    private static let fewest: UInt64 = 20

    /// In a network namespace, how many at least.
    static func count(in netns: UInt32, _ seen: Observation, _ drops: DropsInterval) -> UInt64 {
        guard drops.waitBackend == .tracepoint, let facts = seen.namespaces[netns] else { return 0 }
        let came = facts.counters.passiveOpens
        let here = drops.listeners.filter { $0.key.netns == netns }
        let accepted = here.reduce(0) { $0 &+ ($1.value.accepted?.accepts ?? 0) }
        let waiting = here.reduce(0) { $0 &+ most($1.key, $1.value, seen) }
        let rest = came.minus(accepted &+ waiting)
        return rest >= max(fewest, UInt64(Double(came) * leastShare)) ? rest : 0
    }

    /// How many waited when most did; of a socket that was never looked at, as many as it has room for.
    private static func most(_ listener: Listener, _ state: ListenerState, _ seen: Observation) -> UInt64 {
        if let looks = seen.queueDepths[listener] { return looks.maximum }
        return state.queues.map { UInt64($0.backlog) + 1 } ?? 0
    }

    /// Whether it is unknown how many connections a socket's owner accepted: none by a call that
    /// was seen, where some were accepted otherwise.
    static func hide(
        _ listener: Listener, _ state: ListenerState, _ seen: Observation, _ drops: DropsInterval
    ) -> Bool {
        state.accepted?.accepts == 0 && count(in: listener.netns, seen, drops) > 0
    }
}

extension Remarks {
    /// Of what accepts some other way, waits are not known.
    static func unseenAccepts(_ seen: Observation) -> String? {
        guard case .seen(let drops) = seen.drops else { return nil }
        let counts = seen.sortedNamespaces.map { UnseenAccepts.count(in: $0.netns, seen, drops) }
        let all = counts.reduce(0, &+)
        guard all > 0 else { return nil }
        return "at least \(Units.exact(all)) connections were accepted in ways that tracepoints do not show "
            + "(io_uring, MPTCP): how long they waited is not examined"
    }
}
