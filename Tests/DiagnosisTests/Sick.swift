// SPDX-License-Identifier: Apache-2.0
import Model

@testable import Diagnosis

/// The healthy run with one sickness each.
enum Sick {
    /// 200 entries, 100 connections a second that find no room.
    static var conntrack: Observation {
        Fixture.healthy.withDrops {
            $0.conntrack[Fixture.netns] = Conntrack(
                count: 200, maximum: 200, full: 1000, insertFailed: 0, earlyDrop: 0, backend: .fentry)
        }
    }

    /// nginx's queue of 10 loses 50 connections a second, and is empty between bursts.
    static var overflow: Observation {
        Fixture.healthy.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(
                backlog: 10, somaxconn: 128, causes: [.acceptQueueFullAtSYN: 300, .acceptQueueFullAtACK: 200])
            $0.counters.listenOverflows = 500
        }.withFacts { $0.settings.somaxconn = 128 }
    }

    /// Five workers serve 50 a second; 25 wait all the time, half a second each.
    static var workers: Observation {
        var seen = Fixture.healthy.withDrops {
            $0.listeners[Fixture.pool] = Fixture.state(accepts: 500, wait: 500_000_000)
        }
        seen.queueDepths[Fixture.pool] = Fixture.depths(25)
        // As workers do that wait for a database.
        for pid: UInt32 in 91...95 { seen.waitingLooks[pid] = .only(.asleep("sk_wait_data")) }
        return seen
    }

    /// The same, and the queue of 30 is too short, too: 20 a second find it full.
    static var workersAndOverflow: Observation {
        workers.withDrops {
            $0.listeners[Fixture.pool] = Fixture.state(
                accepts: 500, wait: 500_000_000, backlog: 30, causes: [.acceptQueueFullAtSYN: 200])
            $0.counters.listenOverflows = 200
        }
    }

    /// 51 ports, all held; four in ten connects find none.
    static var exhausted: Observation {
        Fixture.healthy.withPorts {
            $0.connects = [Fixture.key(): Fixture.connects(tried: 50, failed: [99: 4000])]
            $0.ranges = [Fixture.range(20000, 20050, inUse: 51, timeWait: 41)]
        }.withFacts { $0.settings.portRange = 20000...20050 }
    }

    /// Nine ports in ten in TIME_WAIT that may not be taken over.
    static var search: Observation {
        Fixture.healthy.withPorts {
            $0.connects = [Fixture.key(): Fixture.connects(tried: 830, search: 200_000)]
            var range = Fixture.range(inUse: 25_000, timeWait: 24_900, reuses: false)
            range.firstHalf = PortRange.Half(reserved: 0, inUse: 14_100, timeWait: 14_100)
            $0.ranges = [range]
        }.withFacts { $0.settings.timeWaitReuse = 0 }
    }

    /// 5,000 SYNs a second, cookies off, and beside them who means it.
    static var flood: Observation {
        Fixture.healthy.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(accepts: 1000, causes: [.synQueueFull: 50_000])
            $0.listeners[Fixture.web]?.peers = Dictionary(
                uniqueKeysWithValues: (1...200).map { (IPAddress(198, 51, 100, $0), 250) })
        }.withFacts { $0.settings.syncookies = 0 }
    }

    /// A burst of clients that mean it: a tenth of their SYNs find the queue full.
    static var burst: Observation {
        Fixture.healthy.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(
                backlog: 16, somaxconn: 16, causes: [.synQueueFull: 1000])
        }.withFacts {
            $0.settings.syncookies = 0
            $0.settings.somaxconn = 16
        }
    }

    static var bind: Observation {
        Fixture.healthy.withPorts {
            $0.connects[Fixture.bindKey("haproxy", source: IPAddress(10, 0, 0, 1))] = Fixture.connects(
                1000, tried: nil, search: 300_000, failed: [98: 200])
        }
    }

    static var timeWait: Observation {
        Fixture.healthy.withFacts {
            $0.counters.timeWaitOverflows = 5000
            $0.use.timeWait = 65536
        }
    }

    static var memory: Observation {
        Fixture.healthy.withFacts {
            $0.counters.memoryPressures = 3
            $0.use.memoryPages = 140_000
        }
    }

    static var firewall: Observation {
        Fixture.healthy.withDrops { $0.packets = [Fixture.packet("NETFILTER_DROP", port: 80): 2000] }
    }

    static var closed: Observation {
        Fixture.healthy.withPorts {
            $0.connects[Fixture.key(to: 5432)] = Fixture.connects(100, failed: [111: 100])
        }.withDrops { $0.packets = [Fixture.packet("NO_SOCKET", port: 5432, at: "tcp_v4_rcv+0x9a"): 100] }
    }

    /// Asked for at 127.0.0.1, and listening on another address.
    static var elsewhere: Observation {
        closed.withDrops {
            $0.listeners[Fixture.listener(5432, Fixture.remote, inode: 800)] = Fixture.state()
            $0.refused = [RefusedPlace(netns: Fixture.netns, address: Fixture.localhost, port: 5432): 100]
        }
    }

    /// Another host refuses half of what nginx connects to.
    static var refusedByOther: Observation {
        Fixture.healthy.withPorts {
            $0.connects[Fixture.key(to: 5432, at: Fixture.remote)] = Fixture.connects(
                10_000, failed: [111: 10_000])
        }
    }

    static var boundPort: Observation {
        Fixture.healthy.withPorts {
            $0.connects = [Fixture.key(): Fixture.connects(search: nil, failed: [99: 4000])]
            $0.connects[Fixture.key()]?.withoutPort = 0
            $0.connects[Fixture.key()]?.tupleTaken = 4000
            $0.connects[Fixture.key()]?.bound = 10_000
        }
    }

    static var noSource: Observation {
        Fixture.healthy.withPorts {
            $0.connects[Fixture.key(at: .ipv6Loopback)] = Fixture.connects(4000, failed: [99: 4000])
            $0.connects[Fixture.key(at: .ipv6Loopback)]?.withoutPort = 0
            $0.connects[Fixture.key(at: .ipv6Loopback)]?.unsent = 4000
            $0.connects[Fixture.key()] = nil
        }
    }

    static var lossy: Observation {
        Fixture.healthy.withFacts {
            $0.counters.retransmitted = 5000
            $0.counters.timeouts = 900
        }
    }

    static var cpu: Observation {
        var seen = Fixture.healthy
        seen.hotspots = .seen(
            Fixture.hotspots(
                Fixture.cpu(user: 4, system: 60, softirq: 35), Fixture.cpu(user: 5, system: 58, softirq: 36)))
        return seen
    }

    /// tbf with a queue of 20 kB: 500 packets a second of 10,000 find it full.
    static var ownQueue: Observation {
        Fixture.healthy.withFacts {
            $0.qdiscs = [Fixture.tokenBucket(drops: 5000, packets: 95_000)]
            $0.counters.retransmitted = 5000
        }
    }

    /// Two sockets share a port; one closes with 500 connections in its queue.
    static var reload: Observation {
        Fixture.healthy.withDrops { drops in
            drops.canMigrate = true
            for inode: UInt32 in [801, 802] {
                var listener = Fixture.listener(8080, inode: inode)
                listener.isReusePort = true
                drops.listeners[listener] = Fixture.state(accepts: 5000)
                guard inode == 801 else { continue }
                drops.listeners[listener]?.accepted?.lostOnClose = 500
                drops.listeners[listener]?.isClosed = true
            }
        }
    }

    static let all: [FindingID: Observation] = [
        .qdiscDrops: ownQueue, .queueLostOnClose: reload,
        .conntrackTableFull: conntrack, .acceptQueueOverflow: overflow, .workersTooFew: workers,
        .ephemeralPortsExhausted: exhausted, .portSearchExpensive: search, .synFlood: flood,
        .synQueueOverflow: burst, .bindSearchExpensive: bind, .timeWaitLimit: timeWait,
        .tcpMemoryPressure: memory, .firewallDrops: firewall, .noListener: closed, .retransmits: lossy,
        .cpuSaturated: cpu, .connectsFailing: refusedByOther, .listenerElsewhere: elsewhere,
        .fourTupleTaken: boundPort, .sourceAddressUnavailable: noSource,
        .ownerStopped: stopped, .acceptFails: noDescriptors, .acceptStalls: stalls,
        .cpuThrottled: throttled, .notServed: notServed, .unixSocketBacklog: fullUnixSocket,
    ]

    static let ids = all.keys.sorted { $0.rawValue < $1.rawValue }

    /// All at once.
    static var everything: Observation {
        var seen = workersAndOverflow
        seen.hotspots = cpu.hotspots
        seen.ports = .seen(
            Fixture.ports(
                .fentry,
                [
                    Fixture.key(): Fixture.connects(tried: 50, failed: [99: 4000]),
                    Fixture.key(to: 5432): Fixture.connects(100, failed: [111: 100]),
                    Fixture.bindKey("haproxy"): Fixture.connects(
                        1000, tried: nil, search: 300_000, failed: [98: 200]),
                ], [Fixture.range(20000, 20050, inUse: 51, timeWait: 41)]))
        return seen.withDrops { drops in
            drops.conntrack[Fixture.netns] = Conntrack(
                count: 200, maximum: 200, full: 1000, insertFailed: 0, earlyDrop: 0, backend: .fentry)
            drops.listeners[Fixture.web] = Fixture.state(accepts: 1000, causes: [.synQueueFull: 50_000])
            drops.packets = [Fixture.packet("NETFILTER_DROP", port: 80): 2000]
        }.withFacts { facts in
            facts.settings.portRange = 20000...20050
            facts.settings.syncookies = 0
            facts.counters.timeWaitOverflows = 5000
            facts.counters.memoryPressures = 3
            facts.counters.retransmitted = 5000
        }
    }
}
