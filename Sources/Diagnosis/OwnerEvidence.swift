// SPDX-License-Identifier: Apache-2.0
import Model

/// What was seen of a socket's owner while connections waited there.
enum OwnerEvidence {
    static func of(_ owner: Owner, _ seen: Observation) -> [Evidence] {
        let looks = seen.looks(at: owner)
        var evidence: [Evidence] = []
        if looks.looks > 0 { evidence.append(activity(looks)) }
        let threads = owner.workers.compactMap { seen.processes[$0]?.scheduling?.busiestThread }
        if let most = threads.max() {
            evidence.append(
                Evidence(
                    "busiest_thread_cpus", most,
                    "its busiest thread took \(Units.percent(min(most, 1))) of a CPU", by: .counter,
                    counter: "/proc/PID/schedstat"))
        }
        return evidence
    }

    private static func activity(_ looks: WaitingLooks) -> Evidence {
        let all = looks.looks
        let what: (count: UInt64, text: String) =
            if looks.isMostly(\.asleep) {
                (looks.asleep, "it was asleep" + (looks.place.map { " in \(KernelPlace.text($0))" } ?? ""))
            } else if looks.isMostly(\.ready) {
                (looks.ready, "it waited for something to do")
            } else {
                (looks.running, "it ran, or wanted to")
            }
        return Evidence(
            "owner_looks", Double(what.count),
            "at \(what.count) of \(all) looks while connections waited, \(what.text)", by: .sampled)
    }
}

/// Functions of the kernel in which processes sleep.
enum KernelPlace {
    /// "hrtimer_nanosleep (a sleep of its own)"
    static func text(_ function: String) -> String {
        meaning(function).map { "\(function) (\($0))" } ?? function
    }

    private static let meanings: [(prefix: String, meaning: String)] = [
        ("hrtimer_nanosleep", "a sleep of its own"), ("do_nanosleep", "a sleep of its own"),
        ("futex_", "a lock or another thread"), ("do_futex", "a lock or another thread"),
        ("sk_wait_data", "data from a socket"), ("__skb_wait_for_more_packets", "data from a socket"),
        ("unix_stream_read", "data from a Unix socket"), ("wait_woken", "data from a socket"),
        ("inet_stream_connect", "a connect that nobody answers"),
        ("__inet_stream_connect", "a connect that nobody answers"),
        ("inet_wait_for_connect", "a connect that nobody answers"), ("pipe_read", "data from a pipe"),
        ("do_wait", "a child process"), ("kernel_wait4", "a child process"),
        ("io_schedule", "a disk"), ("folio_wait", "a disk"), ("wait_on_page", "a disk"),
        ("rpc_wait", "a network file system"), ("nfs_", "a network file system"),
        ("locks_lock", "a file's lock"), ("flock_lock", "a file's lock"),
    ]

    private static func meaning(_ function: String) -> String? {
        meanings.first { function.hasPrefix($0.prefix) }?.meaning
    }
}
