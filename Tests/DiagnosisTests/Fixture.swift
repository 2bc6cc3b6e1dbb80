// SPDX-License-Identifier: Apache-2.0
import Model

@testable import Diagnosis

/// Runs of ten seconds, made up: a healthy one, which each test makes sick in one way.
enum Fixture {
    static let netns: UInt32 = 4_026_531_840
    static let blue: UInt32 = 4_026_532_100
    static let localhost = IPAddress(127, 0, 0, 1)
    static let remote = IPAddress(192, 0, 2, 7)
    /// nginx's and php-fpm's.
    static let web = listener(80, IPAddress(0, 0, 0, 0), inode: 800)
    static let pool = listener(9000, localhost, inode: 900)

    static func listener(
        _ port: UInt16, _ address: IPAddress = IPAddress(0, 0, 0, 0), netns: UInt32 = netns, inode: UInt32 = 1
    ) -> Listener {
        Listener(netns: netns, address: address, port: port, inode: inode)
    }

    /// A server that accepts 1,000 connections a second at once.
    static func state(
        accepts: UInt64 = 10_000, wait: UInt64 = 20_000, backlog: UInt32 = 511, somaxconn: UInt32 = 4096,
        causes: [ListenCause: UInt64] = [:]
    ) -> ListenerState {
        var state = ListenerState()
        state.drops = drops(causes)
        state.accepted = accepted(accepts, wait)
        state.queues = ListenQueues(
            acceptQueue: 0, backlog: backlog, somaxconn: somaxconn, synQueue: 0, young: 0)
        return state
    }

    static func drops(_ causes: [ListenCause: UInt64]) -> ListenDrops {
        var drops = ListenDrops()
        for (cause, count) in causes {
            drops[cause] = count
            if cause.isDrop { drops.listenDrops += count }
        }
        let full: [ListenCause] = [
            .acceptQueueFullAtSYN, .acceptQueueFullAtACK, .acceptQueueFullReset, .cookieAcceptQueueFull,
        ]
        drops.listenOverflows = full.reduce(0) { $0 + drops[$1] }
        return drops
    }

    static func accepted(_ accepts: UInt64, _ wait: UInt64) -> AcceptStats {
        var stats = AcceptStats(arrivals: accepts)
        stats.accepts = accepts
        stats.wait.record(wait, count: accepts)
        return stats
    }

    static func interval(
        _ backend: Backend = .fentry, _ listeners: [Listener: ListenerState] = [web: state(), pool: state()]
    ) -> DropsInterval {
        var interval = DropsInterval(
            duration: 10, wallTime: 0, backend: backend, listeners: listeners, owners: owners,
            counters: ListenCounters(), loss: Loss())
        interval.packets = [:]
        interval.acceptFailures = [:]
        interval.served = [:]
        interval.waitBackend = backend
        for state in listeners.values {
            interval.counters.listenOverflows += state.drops?.listenOverflows ?? 0
            interval.counters.listenDrops += state.drops?.listenDrops ?? 0
        }
        return interval
    }

    static let owners: [UInt32: [SocketOwner]] = [
        800: [SocketOwner(pid: 80, command: "nginx", descriptor: 6)],
        900: (0...5).map { SocketOwner(pid: 90 + $0, command: "php-fpm8.2", descriptor: 9) },
    ]

    /// php-fpm's master is 90, its five workers hold 32 MiB each.
    static let processes: [UInt32: ProcessFacts] = {
        var facts: [UInt32: ProcessFacts] = [
            80: ProcessFacts(pid: 80, command: "nginx", parent: 1, ownMemory: 4 << 20, unit: "nginx.service"),
            90: ProcessFacts(pid: 90, command: "php-fpm8.2", parent: 1, ownMemory: 8 << 20, unit: ""),
        ]
        for pid: UInt32 in 91...95 {
            facts[pid] = ProcessFacts(
                pid: pid, command: "php-fpm8.2", parent: 90, ownMemory: 32 << 20, unit: "")
        }
        for pid in facts.keys { facts[pid]?.scheduling = scheduling() }
        return facts
    }()

    /// Of a process that took a fifth of a CPU in the run.
    static func scheduling(_ state: ProcessState = .sleeping, busy: Double = 0.2) -> ProcessScheduling {
        var scheduling = ProcessScheduling(
            state: state, threads: [1: UInt64(busy * 1e10)], time: 10_000_000_000)
        scheduling.elapsed = 10_000_000_000
        return scheduling
    }

    /// 20,000 connections in the run, out and in, and nothing wrong with them.
    static func facts(prefix: ShellCommand = "") -> NamespaceFacts {
        var counters = TCPCounters()
        counters.activeOpens = 10_000
        counters.passiveOpens = 10_000
        counters.inSegments = 100_000
        counters.outSegments = 100_000
        var settings = NetworkSettings()
        settings.portRange = 32768...60999
        settings.reservedPorts = ""
        settings.timeWaitReuse = 2
        settings.timestamps = 1
        settings.somaxconn = 4096
        settings.maxSynBacklog = 1024
        settings.syncookies = 1
        settings.maxTimeWait = 65536
        settings.maxOrphans = 65536
        settings.memory = [100_000, 130_000, 200_000]
        var use = SocketUse()
        use.timeWait = 100
        use.orphans = 2
        use.memoryPages = 1000
        settings.migrateRequests = 0
        var facts = NamespaceFacts(commandPrefix: prefix, counters: counters, settings: settings, use: use)
        facts.qdiscs = []
        return facts
    }

    static func key(
        _ command: CommandName = "nginx", to port: UInt16 = 9000, at address: IPAddress = localhost,
        netns: UInt32 = netns
    ) -> ConnectKey {
        ConnectKey(
            kind: .connect, pid: 80, command: command, netns: netns, family: .ipv4, source: nil,
            destination: address, port: port)
    }

    static func bindKey(_ command: CommandName, source: IPAddress? = nil) -> ConnectKey {
        ConnectKey(
            kind: .bind, pid: 70, command: command, netns: netns, family: .ipv4, source: source,
            destination: nil,
            port: 0)
    }

    static func connects(
        _ count: UInt64 = 10_000, tried: UInt64? = 1, search: UInt64? = 2_000, failed: [Int32: UInt64] = [:]
    ) -> ConnectStats {
        var stats = ConnectStats()
        stats.connects = count
        stats.failed = failed
        // After a search, unless a test says otherwise.
        stats.withoutPort = failed[99] ?? 0
        stats.call.record(20_000, count: count)
        stats.search = search.map {
            var time = Distribution()
            time.record($0, count: count)
            return time
        }
        if let tried {
            stats.tried = Distribution()
            stats.tried?.record(tried, count: count)
            stats.triedMethod = .derived
        }
        return stats
    }

    static func range(
        _ low: UInt16 = 32768, _ high: UInt16 = 60999, inUse: UInt32 = 50, timeWait: UInt32 = 40,
        reuses: Bool = true
    ) -> PortRange {
        PortRange(
            destination: Destination(netns: netns, address: localhost, port: 9000), low: low, high: high,
            reserved: 0, inUse: inUse, timeWait: timeWait, reusesTimeWait: reuses, recycled: 0)
    }

    static func ports(
        _ backend: Backend = .fentry, _ connects: [ConnectKey: ConnectStats] = [key(): connects()],
        _ ranges: [PortRange] = [range()]
    ) -> PortsInterval {
        var interval = PortsInterval(
            duration: 10, wallTime: 0, backend: backend, connects: connects, ranges: ranges, loss: Loss())
        interval.fullUnixSockets = [:]
        return interval
    }

    /// A CPU's time, in hundredths of the run.
    static func cpu(user: UInt64 = 0, system: UInt64 = 0, softirq: UInt64 = 0, steal: UInt64 = 0) -> CPUTime {
        var time = CPUTime()
        time.user = user * 10
        time.system = system * 10
        time.softirq = softirq * 10
        time.steal = steal * 10
        time.idle = 1000 - (user + system + softirq + steal) * 10
        return time
    }

    static func hotspots(_ cpus: CPUTime...) -> HotspotsInterval {
        var counts = HotspotsCounts()
        counts.add([FunctionName(symbol: "tcp_sendmsg", module: "kernel", isKernel: true)], count: 60)
        counts.add([FunctionName(symbol: "zend_execute", module: "php-fpm8.2", isKernel: false)], count: 40)
        let times = cpus.enumerated().map { (Int32($0.offset), $0.element) }
        return HotspotsInterval(
            duration: 10, wallTime: 0, counts: counts, loss: SampleLoss(),
            cpus: CPUTimes(uniqueKeysWithValues: times), search: .unknown("not traced"),
            sampling: Sampling(clock: "cpu-clock", frequency: 99, cpus: cpus.count, isFiltered: false))
    }

    static func packet(
        _ reason: String?, port: UInt16?, netns: UInt32? = netns, kind: PacketDrop.Kind = .drop,
        at location: String = "nf_hook_slow+0x8c", _ transport: String = "tcp"
    ) -> PacketDrop {
        PacketDrop(
            kind: kind, reason: reason, location: location, transport: transport, port: port, netns: netns)
    }

    /// Two busy CPUs, half of their time in programs.
    static var healthy: Observation {
        Observation(
            duration: 10, wallTime: 0, ports: .seen(ports()), drops: .seen(interval()),
            queueDepths: [web: depths(0), pool: depths(0)],
            hotspots: .seen(
                hotspots(cpu(user: 50, system: 30, softirq: 15), cpu(user: 52, system: 30, softirq: 14))),
            namespaces: [netns: facts()], processes: processes, availableMemory: 1 << 30)
    }

    /// Nothing happened.
    static var idle: Observation {
        var facts = facts()
        facts.counters = TCPCounters()
        return Observation(
            duration: 10, wallTime: 0, ports: .seen(ports(.fentry, [:], [])),
            drops: .seen(interval(.fentry, [web: state(accepts: 0), pool: state(accepts: 0)])),
            queueDepths: [web: depths(0), pool: depths(0)],
            hotspots: .seen(hotspots(cpu(user: 1), cpu(system: 1))), namespaces: [netns: facts],
            processes: processes, availableMemory: 1 << 30)
    }

    /// The same depth at each of ten looks.
    static func depths(_ depth: UInt64) -> Distribution {
        var depths = Distribution()
        depths.record(depth, count: 10)
        return depths
    }
}

extension Observation {
    /// The same, with something changed in what was seen of listening sockets.
    func withDrops(_ change: (inout DropsInterval) -> Void) -> Observation {
        var result = self
        if case .seen(var interval) = result.drops {
            change(&interval)
            result.drops = .seen(interval)
        }
        return result
    }

    func withFacts(_ netns: UInt32 = Fixture.netns, _ change: (inout NamespaceFacts) -> Void) -> Observation {
        var result = self
        if var facts = result.namespaces[netns] {
            change(&facts)
            result.namespaces[netns] = facts
        }
        return result
    }

    func withPorts(_ change: (inout PortsInterval) -> Void) -> Observation {
        var result = self
        if case .seen(var interval) = result.ports {
            change(&interval)
            result.ports = .seen(interval)
        }
        return result
    }

    /// What a backend without trampolines and kprobes sees of the same.
    var byTracepoints: Observation {
        var result = withDrops { drops in
            drops.backend = .tracepoint
            drops.waitBackend = .tracepoint
            for listener in drops.listeners.keys {
                let causes = drops.listeners[listener]?.drops
                drops.listeners[listener]?.socketDrops = causes?.listenDrops
                drops.listeners[listener]?.drops = nil
                drops.listeners[listener]?.accepted?.arrivals = nil
            }
        }
        result = result.withPorts { ports in
            ports.backend = .tracepoint
            for key in ports.connects.keys {
                ports.connects[key]?.search = nil
                ports.connects[key]?.tried = nil
                ports.connects[key]?.triedMethod = nil
            }
        }
        return result
    }

    var report: DiagnosisReport { Diagnosis().examine(self) }

    /// Findings that say more than that something is possible.
    var sure: [FindingID] { report.findings.filter { $0.confidence > .possible }.map(\.id) }
}

extension [Finding] {
    subscript(id: FindingID) -> Finding? { first { $0.id == id } }
}

extension Finding {
    func value(_ name: String) -> Double? { evidence.first { $0.name == name }?.value }

    /// Sysctls that fixes set, by name.
    var sysctls: [String: String] {
        fixes.reduce(into: [:]) { found, fix in
            if case .sysctl(let name, let value) = fix.setting { found[name] = value }
        }
    }

    /// Configuration lines, by the setting's name.
    var directives: [String: String] {
        fixes.reduce(into: [:]) { found, fix in
            if case .directive(_, let name, let value) = fix.setting { found[name] = value }
        }
    }
}
