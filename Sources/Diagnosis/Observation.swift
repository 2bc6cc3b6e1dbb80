// SPDX-License-Identifier: Apache-2.0
public import Model

/// All that was seen in a run: what rules judge by. Plain values, so that a rule is a pure
/// function of it.
public struct Observation: Sendable {
    /// Seconds, by the monotonic clock.
    public var duration: Double
    /// End of the run: seconds since 1970, UTC.
    public var wallTime: Double
    /// Connects, their searches for ports, and the ranges they have.
    public var ports: Seen<PortsInterval>
    /// Listening sockets, dropped packets, connection tracking.
    public var drops: Seen<DropsInterval>
    /// How full the accept queues were each time they were looked at, by the listening socket.
    public var queueDepths: [Listener: Distribution]
    /// Where the CPUs' time went.
    public var hotspots: Seen<HotspotsInterval>
    /// By the inode of the network namespace; counters are of the run.
    public var namespaces: [UInt32: NamespaceFacts]
    /// Those of them that went away meanwhile.
    public var goneNamespaces: Set<UInt32>
    /// Those that findings may name, by process id.
    public var processes: [UInt32: ProcessFacts]
    /// How processes were found at looks at which connections waited at their sockets.
    public var waitingLooks: [UInt32: WaitingLooks] = [:]
    /// Unix stream sockets that listen at paths where connects found a full queue, and who holds
    /// them, by inode.
    public var unixListeners: [UnixListener] = []
    public var unixOwners: [UInt32: [SocketOwner]] = [:]
    public var fileTable = FileTable()
    /// What the reader must know of how it was filtered.
    public var remarks: [String] = []
    /// Bytes of memory that can be had now. `nil`: not known.
    public var availableMemory: UInt64?

    public init(
        duration: Double, wallTime: Double, ports: Seen<PortsInterval>, drops: Seen<DropsInterval>,
        queueDepths: [Listener: Distribution] = [:], hotspots: Seen<HotspotsInterval>,
        namespaces: [UInt32: NamespaceFacts] = [:], goneNamespaces: Set<UInt32> = [],
        processes: [UInt32: ProcessFacts] = [:],
        availableMemory: UInt64? = nil
    ) {
        self.duration = duration
        self.wallTime = wallTime
        self.ports = ports
        self.drops = drops
        self.queueDepths = queueDepths
        self.hotspots = hotspots
        self.namespaces = namespaces
        self.goneNamespaces = goneNamespaces
        self.processes = processes
        self.availableMemory = availableMemory
    }

    /// Of the run, a second.
    func rate(_ count: UInt64) -> Double { duration > 0 ? Double(count) / duration : 0 }

    /// Of a namespace's counters, a second, over the time between their own two readings.
    /// - Parameter netns: `nil`: of all namespaces together.
    func rate(_ count: UInt64, in netns: UInt32?) -> Double {
        let seconds = seconds(in: netns)
        return seconds > 0 ? Double(count) / seconds : 0
    }

    /// The same for people.
    func rateText(_ count: UInt64, in netns: UInt32?) -> String {
        Units.rate(count, over: seconds(in: netns))
    }

    private func seconds(in netns: UInt32?) -> Double {
        if let netns { return namespaces[netns]?.seconds ?? duration }
        // They are read one after the other: each for nearly as long as the next.
        let known = namespaces.values.compactMap(\.seconds).filter { $0 > 0 }
        return known.isEmpty ? duration : known.reduce(0, +) / Double(known.count)
    }

    /// Of the run, a second, for people.
    func rateText(_ count: UInt64) -> String { Units.rate(count, over: duration) }

    /// What a command is to begin with to run in a namespace. In one that is gone nothing can
    /// run: a shell refuses what is said then.
    func prefix(_ netns: UInt32) -> ShellCommand {
        if let facts = namespaces[netns], !goneNamespaces.contains(netns) { return facts.commandPrefix }
        return "nsenter --net=<network namespace \(netns), which is gone> "
    }
}

extension Seen {
    /// - Throws: why it was not seen.
    func get() throws(NotExamined) -> Value {
        switch self {
        case .seen(let value): return value
        case .not(let why): throw NotExamined(why)
        case .notAsked: throw NotExamined("it was not asked for")
        }
    }
}

/// A rule lacks what it judges by.
public struct NotExamined: Error, Sendable {
    public let why: String

    public init(_ why: String) {
        self.why = why
    }
}
