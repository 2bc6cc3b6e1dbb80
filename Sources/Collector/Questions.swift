// SPDX-License-Identifier: Apache-2.0
public import Model

/// What is asked of a trace, and of whom: plain values.
public struct Questions: Sendable {
    /// Only this network namespace: a name, an inode, a path, or "pid:N".
    public var netns: String?
    /// Only this cgroup and what is below it, by its path.
    public var cgroup: String?
    /// Only this process's connects and turns on a CPU.
    public var pid: UInt32?
    /// Only those of processes of this name.
    public var command: String?
    /// By this backend or not at all.
    public var backend: Backend?
    /// Share of one CPU's time that looks at sockets, namespaces and processes may take on the
    /// average, the first and the last ones aside.
    public var lookShare = 0.02

    public var ports: PortsQuestion?
    public var listeners: ListenersQuestion?
    public var samples: SamplesQuestion?
    /// By which ways packets come to be dropped, SYNs of listening sockets among them.
    public var ways = false
    /// What the kernel says of itself and its namespaces, and of processes that hold listening
    /// sockets: at the beginning and at the end.
    public var machine = false
    /// Whether the one who asks writes files of a name that was given, once everything is attached.
    public var writesFiles = false

    public init() {}
}

/// Connects, and their searches for ports.
public struct PortsQuestion: Sendable {
    public var form = Form.connects
    public var need = Need.must
    /// Only to this port.
    public var port: UInt16?
    public var destination: AddressBlock?
    public var failedOnly = false
    /// Count the checked ports even where they can be derived.
    public var countsCalls = false
    /// Hand over each connect.
    public var events = false
    /// Count connects to Unix stream sockets whose queue is full, if that can be seen.
    public var fullUnixSockets = false
    /// How full the ranges are that the busiest destinations have.
    public var ranges = RangePace.never

    public init() {}

    public enum Form: Sendable, Hashable {
        case connects
        /// Searches for a port: only by what sees every one of them.
        case searches
        /// The same, and by stack what they took.
        case searchStacks(StackWeight, StackNaming)
    }

    /// How often to look at ranges, which takes a walk over every socket.
    public enum RangePace: Sendable {
        case never, always
        /// At every second look, and so that it takes a thousandth of the time.
        case seldom
    }
}

/// Listening sockets: what they lose, and what goes through their queues.
public struct ListenersQuestion: Sendable {
    /// Hand over each loss.
    public var events = false
    /// With the socket that lost it, and its owners.
    public var namesSockets = false
    /// Count whose connections are lost.
    public var peers = false
    /// Time accept queues.
    public var accepts = Need.none
    /// Count dropped packets.
    public var packets = Need.none
    /// Of packets only those with these reasons, by name or number; empty: all.
    public var packetReasons: [String] = []
    /// Divide packets by the kernel's stack.
    public var packetStacks = false
    /// Tell what SYNs asked for that found no socket.
    public var refused = false
    /// Tell what is sent again, and whose it is.
    public var resent = Need.none
    /// With those: count the calls of accept that fail.
    public var acceptFailures = false
    /// Count at the end the connections that were accepted, and those that nobody reads.
    public var served = false
    /// Count full conntrack tables exactly.
    public var conntrack = false
    public var owners = OwnerPace.never
    public var need = Need.must

    public init() {}

    /// Whose owners to look for, and how often.
    public enum OwnerPace: Sendable {
        case never
        /// Of sockets that lose something, whenever processes may have changed.
        case losing
        /// Of all sockets, whenever processes may have changed.
        case all
        /// Of all sockets, whenever there is a new one, and at the end.
        case new
    }
}

/// What the CPUs run.
public struct SamplesQuestion: Sendable {
    /// Only these CPUs; `nil`: all that are online.
    public var cpus: [Int32]?
    /// Samples a second and CPU.
    public var frequency: UInt64 = 99
    public var form: Form
    public var need = Need.must

    public init(_ form: Form) {
        self.form = form
    }

    public enum Form: Sendable, Hashable {
        /// Summed up by function.
        case functions
        /// By stack.
        case stacks(StackNaming)
    }
}

/// Whose functions in a stack are to be named.
public struct StackNaming: Sendable, Hashable {
    public var kernel: Bool
    public var user: Bool
    /// Whether stacks of one name are told apart by their process.
    public var keepsProcesses: Bool

    public init(kernel: Bool = true, user: Bool = true, keepsProcesses: Bool) {
        self.kernel = kernel
        self.user = user
        self.keepsProcesses = keepsProcesses
    }

    func leaveOut(from samples: inout StackSamples) {
        if !kernel { samples.dropKernelStacks() }
        if !user { samples.dropUserStacks() }
    }
}

/// How often, and how long.
public struct Pace: Sendable {
    /// Seconds between snapshots.
    public var interval: Double
    /// End after so many snapshots.
    public var count: Int?
    /// End after so many seconds.
    public var duration: Double?

    public init(every interval: Double, count: Int? = nil, duration: Double? = nil) {
        self.interval = interval
        self.count = count
        self.duration = duration
    }
}
