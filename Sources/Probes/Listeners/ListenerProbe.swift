// SPDX-License-Identifier: Apache-2.0
public import BPF
import CPrograms
import Host
public import Model

/// What listening sockets lose, from `init` to `stop`, and their queues.
public final class ListenerProbe {
    public let backend: Backend
    /// What was tried before and refused, and why.
    public let refused: [String]

    private let object: LoadedObject
    private let list: Link
    private var known = KnownListeners()
    /// `nil`: not asked for, or not to be seen.
    private var syns: SynStacks?

    /// Loads and attaches the programs of the first backend that works here.
    /// - Parameters:
    ///   - netns: inode of the only network namespace to look at.
    ///   - forced: this backend or none.
    ///   - events: whether to send one per loss.
    ///   - peers: whether to count whose connections are lost.
    ///   - cgroup: whose listeners are to be marked (`isInCgroup`), by its `id`.
    ///   - stacks: whether to count dropped SYNs by stack.
    public init(
        netns: UInt32?, backend forced: Backend?, events: Bool = false, peers: Bool = false,
        cgroup: UInt64? = nil, stacks: Bool = false
    ) throws(BPFError) {
        let kernel = ListenerKernel(try BackendChoice.types())
        let config = Self.config(netns: netns, events: events, peers: peers, stacks: stacks)
        (backend, refused, object) = try BackendChoice.first(forced) {
            (backend, refused) throws(BPFError) in
            (backend, refused, try Self.load(backend, kernel, config, cgroup: cgroup))
        }
        syns = stacks && backend != .tracepoint ? SynStacks() : nil
        list = try object.bpf.attachIterator(program: ListenerPrograms.list)
    }

    private static func config(
        netns: UInt32?, events: Bool, peers: Bool, stacks: Bool
    ) -> why_listener_config {
        var config = why_listener_config()
        config.netns = netns ?? 0
        config.events = events ? 1 : 0
        config.peers = peers ? 1 : 0
        config.stacks = stacks ? 1 : 0
        return config
    }

    private static func load(
        _ backend: Backend, _ kernel: ListenerKernel, _ wanted: why_listener_config, cgroup: UInt64?
    ) throws(BPFError) -> LoadedObject {
        try BackendTrial.require(backend, fentry: kernel.fentryRefusal)
        var config = wanted
        var programs: [ProgramSpec] = []
        if backend != .tracepoint {
            try kernel.configure(&config)
            programs = try kernel.handlers(backend)
            if kernel.seesRoutes { programs += try kernel.present(ListenerPrograms.routes(backend)) }
        }
        return try LoadedObject(
            why_listener_object(), name: "tcpwhy_listen", programs, others: [ListenerPrograms.list]
        ) { (object) throws(BPFError) in
            try object.setReadOnly(config, map: ".rodata.config")
            try object.setReadOnly(cgroup ?? 0, map: ".rodata.cgroup")
            if config.events == 0 { try object.setMaxEntries(map: "listener_events", 4096) }
            if config.peers == 0 { try object.setMaxEntries(map: "listener_peers", 1) }
            try SynStacks.prepare(object, wanted: config.stacks != 0)
        }
    }

    /// From here on losses count. The kernel's own counters are to be read at once.
    public func start() throws(BPFError) { try setActive(true) }

    private func setActive(_ isActive: Bool) throws(BPFError) {
        if backend != .tracepoint { try object.setActive(isActive) }
    }

    /// The events' ring buffer.
    public func openRing() throws(BPFError) -> RingBuffer {
        try object.openRing("listener_events")
    }

    /// The event in a ring buffer's record, or `nil` if it is none.
    public func decode(_ record: RawSpan) -> ListenLoss? { ListenerDecoding.loss(record) }

    /// Lets another object see which packets are losses of a listener.
    func shareLost(with other: borrowing BPFObject) throws(BPFError) {
        try other.share(map: "lost_skb", with: object.bpf)
    }

    /// From here on what is lost is for the `read` after the next.
    public func turn() throws(BPFError) {
        try object.turn()
    }

    /// What listeners lost since the last call: both are of the same epoch.
    public struct Losses: Sendable {
        /// Of each listener. Empty if this backend does not see it.
        public var listeners: [Listener: ListenerState] = [:]
        /// SYNs by the way that they came; `nil`: not asked for, or this backend does not see them.
        public var syns: DroppedSYNs?
    }

    public func read() throws(BPFError) -> Losses {
        var losses = Losses()
        guard backend != .tracepoint else { return losses }
        let epoch = try object.closeEpoch()
        losses.listeners = try LossTable(draining: object.bpf, epoch).rows(&known)
        losses.syns = try syns?.take(epoch, turn: object.closedTurn, from: object.bpf)
        return losses
    }

    /// Every listening socket of the calling thread's network namespace: a socket iterator sees
    /// no other.
    /// - Parameter inode: of that namespace.
    public func socketsHere(_ inode: UInt32) throws -> [Listener: ListenerState] {
        var sockets: [Listener: ListenerState] = [:]
        let somaxconn = (try? Sysctl.integer("net.core.somaxconn")).map { UInt32(clamping: $0) }
        try list.runIterator(untilRefused: true) { bytes in
            ListenerDecoding.sockets(bytes, netns: inode, somaxconn: somaxconn) { sockets[$0] = $1 }
        }
        return sockets
    }

    /// What was not seen.
    public func loss() throws(BPFError) -> Loss {
        var loss = try object.loss()
        let unsent = try object.map(named: "listener_unsent")
        loss.ring = try unsent.total(WHY_UNSENT_RING.rawValue)
        loss.suppressed = try unsent.total(WHY_UNSENT_RATE.rawValue)
        return loss
    }

    /// From here on nothing counts. `detach` takes its time after that.
    public func stop() throws(BPFError) { try setActive(false) }

    /// Removes the programs; what they counted stays to be read.
    public func detach() throws(BPFError) {
        try object.detach()
    }
}
