// SPDX-License-Identifier: Apache-2.0
public import BPF
import CPrograms
public import Host
public import Model

/// How long connections wait for accept, and how many wait when one comes.
///
/// By tracepoints the wait alone: nothing tells there how deep the queue is.
public final class AcceptProbe {
    public let backend: Backend
    /// Whether it sees connections come into the queue, and how many wait there then.
    public var seesArrivals: Bool { backend != .tracepoint }
    /// Whether it sees calls of accept() that fail.
    public let seesFailures: Bool

    /// Whether this kernel lets what waits when a listener closes go to another one (54b92e841937,
    /// 5.14). The setting alone does not tell: 5.10 got it, and nothing that heeds it.
    public let canMigrate: Bool

    private let object: LoadedObject
    /// `nil`: by tracepoints accept itself says from where.
    private let note: Note?
    private var known = KnownListeners()
    private var failures = Ledger<AcceptFailure, UInt64>()

    /// Loads and attaches the programs of the first backend that works here.
    /// - Parameters:
    ///   - netns: inode of the only network namespace to look at.
    ///   - forced: this backend or none.
    ///   - cgroup: whose listeners are to be marked (`isInCgroup`), by its `id`.
    ///   - failures: whether to see calls that fail, if that can be seen.
    public init(
        netns: UInt32?, backend forced: Backend?, cgroup: UInt64? = nil, failures: Bool = false
    ) throws(BPFError) {
        let btf = try BackendChoice.types()
        func callers(_ backend: Backend) -> [ProgramSpec] {
            failures ? AcceptPrograms.failures(backend, btf) : []
        }
        canMigrate = btf.structHasField("sock_reuseport", "num_closed_socks")
        let (backend, object) = try BackendChoice.first(forced) { (backend, _) throws(BPFError) in
            (backend, try Self.load(callers(backend), backend, btf, netns: netns, cgroup: cgroup))
        }
        note = try AcceptPrograms.note(backend, btf).map { (program) throws(BPFError) in
            Note(try object.bpf.attachIterator(program: program))
        }
        self.backend = backend
        self.object = object
        seesFailures = failures && (backend == .tracepoint || !callers(backend).isEmpty)
    }

    private final class Note {
        let link: Link

        init(_ link: consuming Link) { self.link = link }
    }

    private static func load(
        _ callers: [ProgramSpec], _ backend: Backend, _ btf: BTF, netns: UInt32?, cgroup: UInt64?
    ) throws(BPFError) -> LoadedObject {
        try BackendTrial.require(backend, fentry: BackendTrial.fentry(btf))
        return try LoadedObject(
            why_accept_object(), name: "tcpwhy_accept",
            callers + AcceptPrograms.queue(backend),
            others: Set([AcceptPrograms.note(backend, btf)].compactMap(\.self))
        ) { (object) throws(BPFError) in
            try object.setReadOnly(why_accept_config(netns: netns ?? 0), map: ".rodata.config")
            try object.setReadOnly(cgroup ?? 0, map: ".rodata.cgroup")
        }
    }

    /// Notes which listener's the connections are that wait already in a namespace,
    /// so that their accepts have a row. Before `start`.
    public func noteWaiting(in namespace: borrowing NetworkNamespace) throws {
        guard let note else { return }
        // Its own namespace takes no privilege to enter.
        if (try? NetworkNamespace.ownInode()) == namespace.inode { return try run(note) }
        // A socket iterator sees the namespace of the thread that runs it.
        try withNetworkNamespace(namespace) { try run(note) }
    }

    private func run(_ note: Note) throws(BPFError) {
        try note.link.runIterator(untilRefused: true)
    }

    /// From here on arrivals and accepts count.
    public func start() throws(BPFError) { try object.setActive(true) }

    /// From here on nothing counts. `detach` takes its time after that.
    public func stop() throws(BPFError) { try object.setActive(false) }

    /// From here on what comes and is accepted is for the `read` after the next.
    public func turn() throws(BPFError) {
        try object.turn()
    }

    /// What went through each listener's queue since the last call.
    public func read() throws(BPFError) -> [Listener: ListenerState] {
        var rows: [Listener: ListenerState] = [:]
        var failed: [AcceptFailure: UInt64] = [:]
        let epoch = try object.closeEpoch()
        try object.map(named: "accept_rows").drain { keyBytes, valueBytes in
            guard let key = keyBytes.read(why_listener_key.self), key.epoch == epoch else { return false }
            guard let value = valueBytes.read(why_accept_stats.self) else { return true }
            var state = ListenerState()
            state.accepted = ListenerDecoding.accepted(value, seesArrivals: seesArrivals)
            // Reuse of a socket's address makes a second row of the same socket.
            rows[known.listener(key, value.name), default: ListenerState()].merge(state)
            return true
        }
        try object.map(named: "accept_failures").drain { keyBytes, valueBytes in
            guard let key = keyBytes.read(why_accept_failure_key.self), key.epoch == epoch else {
                return false
            }
            if let count = valueBytes.read(UInt64.self) { failed[AcceptFailure(key), default: 0] &+= count }
            return true
        }
        failures.add(failed)
        return rows
    }

    /// Calls that failed, since the trace began, as of the last `read`. `nil`: they are not seen.
    public var allFailures: [AcceptFailure: UInt64]? { seesFailures ? failures.totals : nil }

    /// What was not seen. `table` are arrivals and failed calls in no row, `attempt` accepts in no row:
    /// it was full, or from which listener is not known.
    public func loss() throws(BPFError) -> Loss {
        var loss = Loss()
        let losses = try object.map(named: "accept_losses")
        loss.table =
            try losses.total(WHY_ACCEPT_LOSS_ARRIVAL.rawValue)
            + losses.total(WHY_ACCEPT_LOSS_FAILURE.rawValue)
        loss.attempt = try losses.total(WHY_ACCEPT_LOSS_ACCEPT.rawValue)
        loss.missed = try object.misses()
        loss.notAttributed = AcceptPrograms.counting.reduce(loss.attempt) { $0 + (loss.missed[$1] ?? 0) }
        return loss
    }

    /// Removes the programs; what they counted stays to be read.
    public func detach() throws(BPFError) {
        try object.detach()
    }
}

extension AcceptFailure {
    init(_ raw: why_accept_failure_key) {
        self.init(
            pid: raw.pid, command: CommandName(raw.comm).text, netns: raw.netns,
            error: Int32(truncatingIfNeeded: raw.error))
    }
}
