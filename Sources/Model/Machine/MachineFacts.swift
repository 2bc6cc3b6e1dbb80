// SPDX-License-Identifier: Apache-2.0

/// What the kernel says of the machine at one moment, beside what is traced.
public struct MachineFacts: Sendable {
    /// By the inode of the network namespace: those that a command can be run in.
    public var namespaces: [UInt32: NamespaceFacts] = [:]
    /// Processes that hold listening sockets, and those that connect most, by their id.
    public var processes: [UInt32: ProcessFacts] = [:]
    /// How those were found when connections waited at their sockets, since the trace began.
    public var waitingLooks: [UInt32: WaitingLooks] = [:]
    /// Bytes of memory that can be had. `nil`: not known.
    public var availableMemory: UInt64?
    public var fileTable = FileTable()
    /// Unix stream sockets that listen at paths where connects found a full queue, and who holds
    /// them, by inode.
    public var unixListeners: [UnixListener] = []
    public var unixOwners: [UInt32: [SocketOwner]] = [:]

    public init() {}

    /// Of processes: CPU time and throttling of the time between, the rest as it is now.
    public func processes(since earlier: MachineFacts) -> [UInt32: ProcessFacts] {
        var facts = processes
        for (pid, before) in earlier.processes {
            // The number may be another process's by now.
            guard let process = facts[pid], process.command == before.command,
                let now = process.scheduling, let then = before.scheduling
            else { continue }
            facts[pid]?.scheduling = now.since(then)
        }
        return facts
    }

    /// Of namespaces: counters of the time between, settings as they are now. A namespace that is
    /// younger than the earlier ones began at 0; of one that is gone the counters are not known,
    /// and 0.
    public func namespaces(
        since earlier: MachineFacts
    ) -> (facts: [UInt32: NamespaceFacts], gone: Set<UInt32>) {
        var facts = earlier.namespaces.mapValues { $0.since($0) }
        for (inode, last) in namespaces { facts[inode] = earlier.namespaces[inode].map(last.since) ?? last }
        return (facts, Set(earlier.namespaces.keys).subtracting(namespaces.keys))
    }
}

/// What the kernel says of one network namespace, beside what is traced.
public struct NamespaceFacts: Sendable, Hashable {
    /// How a command is made to run in it: "" for tcpwhy's own, "ip netns exec blue ",
    /// "nsenter -t 123 -n ".
    public var commandPrefix: ShellCommand
    public var counters: TCPCounters
    public var settings: NetworkSettings
    public var use: SocketUse
    /// Queueing disciplines that dropped something since they are there. `nil`: they could not be read.
    public var qdiscs: [Qdisc]?
    /// At the end of the run. `nil`: not looked at, since nothing was dropped in its name.
    public var firewall: Firewall?
    /// When the counters were read: nanoseconds of CLOCK_MONOTONIC.
    public var time: UInt64 = 0
    /// For how long the counters counted, in seconds, if they are those of an interval. `nil`:
    /// as long as everything else.
    public var seconds: Double?

    public init(commandPrefix: ShellCommand, counters: TCPCounters, settings: NetworkSettings, use: SocketUse)
    {
        self.commandPrefix = commandPrefix
        self.counters = counters
        self.settings = settings
        self.use = use
    }

    /// Counters of the time between; everything else as it is now.
    public func since(_ earlier: NamespaceFacts) -> NamespaceFacts {
        var result = self
        result.counters.subtract(earlier.counters)
        result.qdiscs = qdiscs.map { $0.since(earlier.qdiscs ?? []) }
        result.seconds = Double(time.minus(earlier.time)) / 1e9
        return result
    }
}

/// How many sockets there are (`/proc/net/sockstat`). `nil`: it could not be read.
public struct SocketUse: Sendable, Hashable {
    public var timeWait: UInt64?
    /// Closed by their process and not yet over; of the whole machine.
    public var orphans: UInt64?
    /// Pages of memory that TCP holds, of the whole machine.
    public var memoryPages: UInt64?
    /// UDP sockets that have a port; of IPv6 by themselves.
    public var udp: UInt64?
    public var udp6: UInt64?

    public init() {}
}

/// A process that a finding names.
public struct ProcessFacts: Sendable, Hashable {
    public var pid: UInt32
    /// Name of the process's first thread.
    public var command: String
    /// The parent's process id; 0: not known.
    public var parent: UInt32
    /// Memory in use that is its own (`RssAnon`), bytes. `nil`: not known.
    public var ownMemory: UInt64?
    /// The last part of its cgroup's path ("nginx.service", a container's id); empty: the root.
    public var unit: String
    /// What it runs.
    public var program = ProgramFacts()
    /// `nil`: not known.
    public var scheduling: ProcessScheduling?
    /// `nil`: not known, or not asked for.
    public var openFiles: OpenFileLimit?

    public init(pid: UInt32, command: String, parent: UInt32, ownMemory: UInt64?, unit: String) {
        self.pid = pid
        self.command = command
        self.parent = parent
        self.ownMemory = ownMemory
        self.unit = unit
    }
}
