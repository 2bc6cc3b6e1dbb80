// SPDX-License-Identifier: Apache-2.0
public import Model

extension ProcessActivity {
    /// Threads of one process that are looked at.
    private static let mostThreads = 64

    /// What a process does now. `nil`: there is no such process any more.
    public init?(pid: UInt32) {
        let threads = ProcessThreads.all(of: pid, atMost: Self.mostThreads)
        let states = threads.compactMap { thread in
            (try? readText("/proc/\(pid)/task/\(thread)/stat")).flatMap(ThreadStat.init)?.state
        }
        guard !states.isEmpty else { return nil }
        if states.contains(.running) {
            self = .running
        } else if states.allSatisfy({ $0 == .stopped || $0 == .traced }) {
            self = .stopped
        } else if threads.contains(where: { Self.isReady(Self.places(pid, $0)) }) {
            self = .ready
        } else {
            // The first thread's place is named: that is where event loops mostly run.
            self = .asleep(Self.places(pid, pid).first)
        }
    }

    private static func places(_ pid: UInt32, _ thread: UInt32) -> [String] {
        (try? readText("/proc/\(pid)/task/\(thread)/stack")).map(places(parsing:)) ?? []
    }

    /// The functions of a thread that sleeps, the innermost first.
    /// - Parameter text: `/proc/PID/stack`: "[<0>] ep_poll+0x310/0x3a0", a line for each.
    static func places(parsing text: String) -> [String] {
        text.lines.prefix(8).compactMap { line in
            guard let name = line.split(separator: " ").dropFirst().first else { return nil }
            return name.split(separator: "+").first.map(String.init)
        }
    }

    /// Whether it sleeps where servers wait for something to do.
    static func isReady(_ places: [String]) -> Bool { places.contains { waits.contains($0) } }

    /// `epoll_wait`, `poll`, `select`, `accept`, and a ring's completions.
    private static let waits: Set<String> = [
        "ep_poll", "do_epoll_wait", "do_sys_poll", "do_poll", "do_select", "core_sys_select",
        "inet_csk_accept", "inet_csk_wait_for_connect", "io_cqring_wait",
    ]
}
