// SPDX-License-Identifier: Apache-2.0
public import BPF
import CPrograms
public import Host
public import Model

/// What listening sockets lose, from `init` to `stop`, and their queues.
public final class ListenerProbe {
    public let backend: Backend
    /// What was tried before and refused, and why.
    public let refused: [String]

    private let object: BPFObject
    private let list: Link
    private var attached: AttachedPrograms
    private var epochs: Epochs
    private var syns = SynStacks()
    /// Why a table of tracked connections could not be read, the last time that failed.
    public private(set) var conntrackError: HostError?

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
    ) throws(ProbeError) {
        let kernel: ListenerKernel
        do throws(BPFError) {
            kernel = try ListenerKernel()
        } catch {
            throw BackendChoice.noTypes(error)
        }
        let loaded = try BackendChoice.first(forced) { (backend, refused) throws(BPFError) in
            try Self.load(
                backend, kernel, Self.config(netns: netns, events: events, peers: peers, stacks: stacks),
                cgroup: cgroup, refused: refused)
        }
        backend = loaded.backend
        refused = loaded.refused
        attached = loaded.attached
        do throws(BPFError) {
            list = try loaded.object.attachIterator(program: ListenerPrograms.list)
            epochs = try Epochs(loaded.object)
            try attached.countFromNow(in: loaded.object)
        } catch {
            throw ProbeError(error)
        }
        object = loaded.takeObject()
    }

    private struct Loaded: ~Copyable {
        let object: BPFObject
        let attached: AttachedPrograms
        let backend: Backend
        let refused: [String]

        consuming func takeObject() -> BPFObject { object }
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
        _ backend: Backend, _ kernel: ListenerKernel, _ wanted: why_listener_config, cgroup: UInt64?,
        refused: [String]
    ) throws(BPFError) -> Loaded {
        if backend == .fentry, let refusal = kernel.fentryRefusal { throw refusal }
        if backend == .kprobe, let refusal = BackendTrial.kprobe() { throw refusal }
        var config = wanted
        var programs: [ProgramSpec] = []
        if backend != .tracepoint {
            try kernel.configure(&config)
            programs = try kernel.present(ListenerPrograms.handlers(backend))
            if kernel.seesRoutes { programs += try kernel.present(ListenerPrograms.routes(backend)) }
        }
        let image = why_listener_object()
        let object = try BPFObject(
            bytes: UnsafeRawBufferPointer(start: image.bytes, count: image.size), name: "tcpwhy_listen")
        try object.only(programs: Set(programs.map(\.name)).union([ListenerPrograms.list]))
        try object.setReadOnly(config, map: ".rodata.config")
        try object.setReadOnly(cgroup ?? 0, map: ".rodata.cgroup")
        if config.events == 0 { try object.setMaxEntries(map: "events", 4096) }
        if config.peers == 0 { try object.setMaxEntries(map: "peers", 1) }
        try SynStacks.prepare(object, wanted: config.stacks != 0)
        try object.load()
        let attached = try AttachedPrograms(programs, in: object)
        return Loaded(object: object, attached: attached, backend: backend, refused: refused)
    }

    /// From here on losses count. The kernel's own counters are to be read at once.
    public func start() throws(ProbeError) { try setActive(1) }

    private func setActive(_ value: UInt32) throws(ProbeError) {
        guard backend != .tracepoint else { return }
        do throws(BPFError) {
            try object.map(named: ".data.active").update(UInt32(0), value)
        } catch {
            throw ProbeError(error)
        }
    }

    /// The events' ring buffer.
    public func openRing() throws(ProbeError) -> RingBuffer {
        do throws(BPFError) {
            return try RingBuffer(object.map(named: "events"))
        } catch {
            throw ProbeError(error)
        }
    }

    /// The event in a ring buffer's record, or `nil` if it is none.
    public func decode(_ record: RawSpan) -> ListenLoss? { ListenerDecoding.loss(record) }

    /// Lets another object see which packets are losses of a listener.
    func shareLost(with other: borrowing BPFObject) throws(BPFError) {
        try other.share(map: "lost_skb", with: object)
    }

    /// What each listener lost so far. Empty if this backend does not see it.
    public func losses() throws(ProbeError) -> [Listener: ListenerState] {
        guard backend != .tracepoint else { return [:] }
        var table = LossTable()
        do throws(BPFError) {
            try object.map(named: "near").forEach { _, rowBytes in
                let size = MemoryLayout<why_near_row>.size
                for cpu in 0..<rowBytes.byteCount / size {
                    if let row = rowBytes.read(why_near_row.self, at: cpu * size) { table.add(row) }
                }
            }
            try object.map(named: "stats").forEach { keyBytes, valueBytes in
                guard let key = keyBytes.read(why_listener_key.self),
                    let value = valueBytes.read(why_listener_stats.self)
                else { return }
                table.add(key, value)
            }
            try object.map(named: "peers").forEach { keyBytes, valueBytes in
                guard let key = keyBytes.read(why_peer_key.self), let count = valueBytes.read(UInt64.self)
                else { return }
                table.add(key, count)
            }
        } catch {
            throw ProbeError(error)
        }
        return table.rows
    }

    /// SYNs that listeners dropped since the last call, by the way that they came; `nil`: this
    /// backend does not see them.
    public func droppedSYNs() throws(ProbeError) -> DroppedSYNs? {
        guard backend != .tracepoint else { return nil }
        do throws(BPFError) {
            return try syns.take(epochs.close(), turn: epochs.closedTurn, from: object)
        } catch {
            throw ProbeError(error)
        }
    }

    /// What one look at a network namespace gave.
    public struct NamespaceReading: Sendable {
        public var sockets: [Listener: ListenerState] = [:]
        public var counters = ListenCounters()
        /// `nil`: nothing is tracked there, or it cannot be read.
        public var conntrack: Conntrack?
    }

    /// Every listening socket of a namespace, and its counters.
    public func look(into namespace: borrowing NetworkNamespace) throws -> NamespaceReading {
        let inode = namespace.inode
        // Its own namespace takes no privilege to enter.
        if (try? NetworkNamespace.ownInode()) == inode { return try lookHere(inode) }
        // A socket iterator sees the namespace of the thread that runs it.
        return try withNetworkNamespace(namespace) { try lookHere(inode) }
    }

    private func lookHere(_ inode: UInt32) throws -> NamespaceReading {
        var reading = NamespaceReading()
        reading.counters = try ListenCounters.current()
        do throws(HostError) { reading.conntrack = try Conntrack.current() } catch { conntrackError = error }
        let somaxconn = (try? Sysctl.integer("net.core.somaxconn")).map { UInt32(clamping: $0) }
        do throws(BPFError) {
            try list.runIterator(untilRefused: true) { bytes in
                ListenerDecoding.sockets(bytes, netns: inode, somaxconn: somaxconn) {
                    reading.sockets[$0] = $1
                }
            }
        } catch {
            throw ProbeError(error)
        }
        return reading
    }

    /// What was not seen.
    public func loss() throws(ProbeError) -> Loss {
        do throws(BPFError) {
            var loss = try attached.loss(in: object)
            let unsent = try object.map(named: "unsent")
            func count(_ why: why_unsent) throws(BPFError) -> UInt64 {
                try unsent.lookupPerCPU(why.rawValue, as: UInt64.self)?.reduce(0, +) ?? 0
            }
            loss.ring = try count(WHY_UNSENT_RING)
            loss.suppressed = try count(WHY_UNSENT_RATE)
            return loss
        } catch {
            throw ProbeError(error)
        }
    }

    /// From here on nothing counts. `detach` takes its time after that.
    public func stop() throws(ProbeError) { try setActive(0) }

    /// Removes the programs; what they counted stays to be read.
    public func detach() throws(ProbeError) {
        do throws(BPFError) {
            try attached.detach(from: object)
        } catch {
            throw ProbeError(error)
        }
    }
}
