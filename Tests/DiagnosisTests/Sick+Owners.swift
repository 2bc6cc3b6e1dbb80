// SPDX-License-Identifier: Apache-2.0
import Model

@testable import Diagnosis

extension WaitingLooks {
    /// The same at each of so many looks.
    static func only(_ activity: ProcessActivity, times: Int = 8) -> WaitingLooks {
        var looks = WaitingLooks()
        for _ in 0..<times { looks.add(activity) }
        return looks
    }
}

extension Observation {
    func withProcess(_ pid: UInt32, _ change: (inout ProcessFacts) -> Void) -> Observation {
        var result = self
        if var facts = result.processes[pid] {
            change(&facts)
            result.processes[pid] = facts
        }
        return result
    }
}

/// What is wrong with who holds the socket.
extension Sick {
    /// nginx accepts nothing more: 300 wait.
    private static func hanging(_ accepts: UInt64 = 0) -> Observation {
        var seen = Fixture.healthy.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(accepts: accepts)
            $0.listeners[Fixture.web]?.queues?.acceptQueue = 300
        }
        seen.queueDepths[Fixture.web] = Fixture.depths(300)
        return seen
    }

    static var stopped: Observation {
        hanging().withProcess(80) { $0.scheduling?.state = .stopped }
    }

    static var noDescriptors: Observation {
        hanging().withDrops {
            $0.acceptFailures = [
                AcceptFailure(pid: 80, command: "nginx", netns: Fixture.netns, error: 24): 200
            ]
        }.withProcess(80) { $0.openFiles = OpenFileLimit(soft: 1024, hard: 4096, open: 1024) }
    }

    /// Half a second in each 0.6 nobody accepts: 200 of 10,000 meet it.
    static var stalls: Observation {
        Fixture.healthy.withDrops {
            $0.listeners[Fixture.web]?.accepted?.wait.record(500_000_000, count: 200)
        }
    }

    static func quota(
        _ directory: String = "/sys/fs/cgroup/system.slice/nginx.service", isVersion1: Bool = false
    ) -> CPUQuota {
        var quota = CPUQuota(directory: directory, isVersion1: isVersion1, quota: 5000, period: 100_000)
        quota.periods = 100
        quota.throttled = 95
        quota.halted = 9_000_000_000
        return quota
    }

    static var throttled: Observation {
        Fixture.healthy.withProcess(80) { $0.scheduling?.quotas = [quota()] }
    }

    static var notServed: Observation {
        Fixture.healthy.withDrops {
            var sockets = ServedSockets()
            sockets.established = 60
            sockets.closedByClient = 240
            sockets.unread = 50
            sockets.unreadClosed = 235
            sockets.leftOpen = 236
            $0.served = [Fixture.web: sockets]
        }
    }

    static let fpm = UnixConnect(
        pid: 80, command: "nginx", netns: Fixture.netns, path: "/run/php/php8.2-fpm.sock")

    static var fullUnixSocket: Observation {
        var seen = Fixture.healthy.withPorts { $0.fullUnixSockets = [fpm: 1000] }
        seen.unixListeners = [UnixListener(path: fpm.path, inode: 70, waiting: 512, backlog: 511)]
        seen.unixOwners = [70: [SocketOwner(pid: 90, command: "php-fpm8.2", descriptor: 9)]]
        return seen
    }
}
