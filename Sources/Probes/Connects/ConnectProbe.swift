// SPDX-License-Identifier: Apache-2.0
public import BPF
import CPrograms
import Host
public import Model

/// Traces connects and their port searches, from `init` to `stop`.
public final class ConnectProbe {
    public let coverage: ConnectCoverage

    private let object: LoadedObject
    private let stats: BPFMap
    private let others: BPFMap
    private let losses: BPFMap
    private var totals = Ledger<ConnectKey, ConnectStats>()
    /// Connects that found no place in the table.
    private var misplaced: UInt64 = 0
    private var unfinished: [ConnectKey: ConnectStats] = [:]
    /// Calls that had not returned when tracing ended, as far as could be seen.
    private var openCalls: UInt64 = 0
    private let failedOnly: Bool
    /// `nil`: not asked for, or not to be seen here.
    private var unix: FullUnixSockets?
    /// `nil`: none were asked for.
    private var stacks: PortSearchStacks?

    /// Loads and attaches the programs of the first backend that works here.
    public init(_ options: ConnectOptions) throws(BPFError) {
        (object, coverage) = try ConnectLoader.load(options)
        failedOnly = options.failedOnly
        stacks = options.stacks ? PortSearchStacks() : nil
        unix = coverage.fullUnixSockets ? FullUnixSockets() : nil
        stats = try object.map(named: "connect_rows")
        others = try object.map(named: "connect_others")
        losses = try object.map(named: "connect_losses")
    }

    /// The events' ring buffer; `nil` unless events were asked for.
    public func openRing() throws(BPFError) -> RingBuffer {
        try object.openRing("connect_events")
    }

    /// The ring buffer of processes whose searches are summed up by stack for the first time.
    public func openProcessRing() throws(BPFError) -> RingBuffer {
        try object.openRing(PortSearchStacks.ring)
    }

    /// The process that a record of that ring names.
    public func process(_ record: RawSpan) -> UInt32? {
        if case .process(let pid) = SampleDecoding.event(record) { pid } else { nil }
    }

    /// Searches by stack, as far as `read` took them out since the last call.
    public func takeSearches() -> PortSearchSamples { stacks?.samples() ?? PortSearchSamples() }

    /// These are no more: should another process get the number of one, the ring buffer names it.
    public func forget(_ pids: some Sequence<UInt32>) throws(BPFError) {
        try ToldProcesses.forget(pids, in: object.bpf)
    }

    /// The event in a ring buffer's record, or `nil` if it is none.
    public func event(_ record: RawSpan) -> ConnectEvent? {
        ConnectDecoding.event(record, coverage.method)
    }

    /// What one look at the kernel's table gave.
    public struct Reading {
        /// Totals since the trace began, of the keys that have a row.
        public var connects: [ConnectKey: ConnectStats] = [:]
        /// Totals of those whose rows left, being idle.
        public var ended: [ConnectKey: ConnectStats] = [:]
        /// IP_LOCAL_PORT_RANGE where a socket had it since the last look.
        public var ownRanges: [Destination: ClosedRange<UInt16>] = [:]
        /// Connects to Unix sockets whose queue was full, since the trace began. `nil`: not seen.
        public var fullUnixSockets: [UnixConnect: UInt64]?
        public var loss = Loss()

        public init() {}
    }

    /// From here on what happens is for the `read` after the next.
    public func turn() throws(BPFError) {
        try object.turn()
    }

    public func read() throws(BPFError) -> Reading {
        var reading = Reading()
        let epoch = try object.closeEpoch()
        try stacks?.take(epoch, turn: object.closedTurn, from: object.bpf)
        var table = try ConnectTable(draining: stats, epoch, sees: coverage)
        try table.addOthers(draining: others, epoch, sees: coverage)
        reading.fullUnixSockets = try unix?.read(epoch, from: object)
        totals.add(table.connects)
        reading.connects = totals.rows
        reading.ended = totals.ended
        reading.ownRanges = table.ownRanges
        for (key, value) in unfinished { reading.connects[key, default: ConnectStats()].merge(value) }
        reading.loss = try readLoss()
        misplaced += table.connects[.others]?.connects ?? 0
        reading.loss.table &+= misplaced
        return reading
    }

    private func readLoss() throws(BPFError) -> Loss {
        func lost(_ kind: why_loss) throws(BPFError) -> UInt64 {
            try losses.total(kind.rawValue)
        }
        var loss = Loss()
        loss.ring = try lost(WHY_LOSS_RING)
        loss.attempt = try lost(WHY_LOSS_ATTEMPT)
        loss.table = try lost(WHY_LOSS_UNIX)
        loss.missed = try object.misses()
        loss.notAttributed = ConnectPrograms.counting.reduce(0) { $0 + (loss.missed[$1] ?? 0) }
        var exits = try lost(WHY_LOSS_EXIT)
        // A system call may wait for an answer; what the others trace is over at once.
        if coverage.backend != .tracepoint { exits += openCalls }
        if coverage.backend == .fentry {
            // A call whose return alone was missed is in its row all the same, if
            // calls of unknown outcome have one.
            if !failedOnly { loss.notAttributed -= min(loss.notAttributed, exits) }
        } else if exits > 0, !loss.missed.keys.contains(where: { $0.hasPrefix("kretprobe_") }) {
            // Where the kernel does not count a kretprobe's misses, the programs' own finding.
            loss.missed["return"] = exits
        }
        return loss
    }

    /// From here on no connect begins; what is in its call returns. `detach` takes its time
    /// after that.
    public func stop() throws(BPFError) {
        try object.setActive(false)
    }

    /// Removes the programs. What was under way is counted as far as it went;
    /// `read` gives the final totals afterwards.
    public func detach() throws(BPFError) {
        guard !object.isDetached else { return }
        try object.detach()
        try settleCalls()
    }

    /// Calls whose return was not seen: missed, or still under way.
    private func settleCalls() throws(BPFError) {
        func settle(_ attempt: RawSpan) {
            // An attempt begins with its key, what names its socket, and whether it is
            // in its call (lib/connect_attempt.h).
            let size = MemoryLayout<why_connect_key>.size
            guard let key = ConnectDecoding.key(attempt),
                let socket = attempt.read(UInt64.self, at: size), socket != 0,
                let isInCall = attempt.read(UInt32.self, at: size + 8), isInCall != 0
            else { return }
            openCalls += 1
            if failedOnly { return }
            var one = ConnectStats()
            // The tracepoint backend counted it when it began.
            one.connects = coverage.backend == .tracepoint ? 0 : 1
            one.unknown = 1
            unfinished[key, default: ConnectStats()].merge(one)
        }
        for name in ["connect_slots", "connect_attempts"] {
            try object.map(named: name).forEach { _, attempt in settle(attempt) }
        }
    }
}
