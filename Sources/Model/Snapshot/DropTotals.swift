// SPDX-License-Identifier: Apache-2.0

/// What is known of one listening socket at one moment.
public struct ListenerState: Sendable, Hashable {
    /// Since the trace began; `nil`: this backend sees no causes.
    public var drops: ListenDrops?
    /// The socket's own counter (`sk_drops`) since the trace began, or since the
    /// socket was there. It counts a drop at the final ACK twice or more. `nil`: not read.
    public var socketDrops: UInt64?
    /// Whose connections were dropped, and how many of each, as far as there was room:
    /// what they lack to `drops.listenDrops` is others'.
    public var peers: [IPAddress: UInt64] = [:]
    private static let mostPeers = 4096
    /// Since the trace began; `nil`: not measured.
    public var accepted: AcceptStats?
    /// `nil`: the socket was not found among those that listen.
    public var queues: ListenQueues?
    /// It stopped listening.
    public var isClosed = false
    /// CLOCK_MONOTONIC nanoseconds of the first and last loss; 0: none.
    public var firstLoss: UInt64 = 0
    public var lastLoss: UInt64 = 0

    public init() {}

    public func merging(_ other: ListenerState) -> ListenerState {
        var result = self
        result.merge(other)
        return result
    }

    /// Two parts of what is known of one socket: adding is the same in any order.
    public mutating func merge(_ other: ListenerState) {
        if let drops = other.drops {
            self.drops = self.drops ?? ListenDrops()
            self.drops?.merge(drops)
        }
        peers.add(other.peers)
        peers.keepLargest(Self.mostPeers)
        if let accepted = other.accepted {
            self.accepted = self.accepted ?? AcceptStats()
            self.accepted?.merge(accepted)
        }
        socketDrops = sum(socketDrops, other.socketDrops)
        queues = queues ?? other.queues
        isClosed = isClosed && other.isClosed
        if other.firstLoss != 0, firstLoss == 0 || other.firstLoss < firstLoss {
            firstLoss = other.firstLoss
        }
        lastLoss = max(lastLoss, other.lastLoss)
    }
}

extension ListenerState: Mergeable {}

/// The kernel's own counters of a network namespace that drops are compared with.
public struct ListenCounters: Sendable, Hashable {
    public var listenDrops: UInt64 = 0
    public var listenOverflows: UInt64 = 0
    public var requestQueueFullDrops: UInt64 = 0
    public var requestQueueFullCookies: UInt64 = 0
    /// TCPTimeWaitOverflow: sockets closed without TIME_WAIT, since there were
    /// `net.ipv4.tcp_max_tw_buckets` already.
    public var timeWaitOverflows: UInt64 = 0
    /// TCPAbortOnMemory: connections reset, since there were too many orphans
    /// (`net.ipv4.tcp_max_orphans`) or too little memory (`net.ipv4.tcp_mem`).
    public var abortsOnMemory: UInt64 = 0
    /// TCPMemoryPressures: how often TCP came under memory pressure.
    public var memoryPressures: UInt64 = 0

    public init() {}

    public mutating func merge(_ other: ListenCounters) {
        combine(other, &+)
    }

    public mutating func subtract(_ earlier: ListenCounters) {
        combine(earlier) { $0.minus($1) }
    }

    private mutating func combine(_ other: ListenCounters, _ operation: (UInt64, UInt64) -> UInt64) {
        listenDrops = operation(listenDrops, other.listenDrops)
        listenOverflows = operation(listenOverflows, other.listenOverflows)
        requestQueueFullDrops = operation(requestQueueFullDrops, other.requestQueueFullDrops)
        requestQueueFullCookies = operation(requestQueueFullCookies, other.requestQueueFullCookies)
        timeWaitOverflows = operation(timeWaitOverflows, other.timeWaitOverflows)
        abortsOnMemory = operation(abortsOnMemory, other.abortsOnMemory)
        memoryPressures = operation(memoryPressures, other.memoryPressures)
    }
}

/// Listening sockets, what they lost and accepted, dropped packets and connection tracking: since
/// the trace began, or of an interval.
public struct DropTotals: Totals {
    public var backend: Backend
    /// Every listening socket, also those that lost nothing.
    public var listeners: [Listener: ListenerState]
    /// What those lost and accepted that left, being closed or idle: no longer in `listeners`. An
    /// interval has none.
    public var ended: [Listener: ListenerState] = [:]
    /// Who holds a socket, by its inode: as far as it was asked, and as when it was last looked for.
    public var owners: [UInt32: [SocketOwner]]
    /// TcpExt of the namespaces that are looked at.
    public var counters: ListenCounters
    /// Whether those of all namespaces were read at this look: else some lag behind what the
    /// listeners lost.
    public var countersAreWhole = true
    /// Every packet that was dropped, by what it was; `nil`: not traced.
    public var packets: [PacketDrop: UInt64]?
    /// The same, divided by the kernel's stack; `nil`: not asked for.
    public var stacks: [DropStack: UInt64]?
    /// SYNs that found no socket, by what they asked for; `nil`: not traced, or this kernel gives
    /// no reasons (before 5.17).
    public var refused: [RefusedPlace: UInt64]?
    /// Segments sent again, by whose they were; `nil`: not traced.
    public var resent: [Resend: UInt64]?
    /// Of these four what left, being idle.
    public var endedPackets: [PacketDrop: UInt64] = [:]
    public var endedStacks: [DropStack: UInt64] = [:]
    public var endedRefused: [RefusedPlace: UInt64] = [:]
    public var endedResent: [Resend: UInt64] = [:]
    /// By the inode of the namespace: use as it was last seen. Where nothing is tracked there is none.
    public var conntrack: [UInt32: Conntrack] = [:]
    /// By what accept queues are timed; `nil`: they are not.
    public var waitBackend: Backend?
    /// Calls of accept() that failed; `nil`: they are not seen.
    public var acceptFailures: [AcceptFailure: UInt64]?
    /// Connections that were accepted, by the socket that listens there, as they were at the end.
    /// `nil`: nobody looked.
    public var served: [Listener: ServedSockets]?
    /// Whether this kernel lets what waits in an accept queue migrate (`net.ipv4.tcp_migrate_req`).
    public var canMigrate = false
    /// What listeners lost that a filter keeps out of `listeners`.
    public var hidden = ListenDrops()
    /// Why some of it is less than it could be, a line each.
    public var obstacles: [String] = []
    public var loss: Loss

    public init(
        backend: Backend, listeners: [Listener: ListenerState] = [:], owners: [UInt32: [SocketOwner]] = [:],
        counters: ListenCounters = ListenCounters(), loss: Loss = Loss()
    ) {
        self.backend = backend
        self.listeners = listeners
        self.owners = owners
        self.counters = counters
        self.loss = loss
    }

    /// A listener that the earlier one did not know began at 0; queues and owners are as of the
    /// later one. One that was closed already, and had nothing more, is in no interval.
    public func since(_ earlier: DropTotals) -> DropTotals {
        var rest = self
        rest.forgetEnded()
        for (listener, before) in earlier.listeners {
            guard var state = rest.listeners[listener] else { continue }
            if let drops = before.drops { state.drops?.subtract(drops) }
            state.peers.subtract(before.peers)
            if let accepted = before.accepted { state.accepted?.subtract(accepted) }
            state.socketDrops = difference(state.socketDrops, before.socketDrops)
            let isOver = before.isClosed && !state.hasLoss && state.accepted?.isEmpty ?? true
            rest.listeners[listener] = isOver ? nil : state
        }
        rest.counters.subtract(earlier.counters)
        rest.countersAreWhole = countersAreWhole && earlier.countersAreWhole
        rest.acceptFailures?.subtract(earlier.acceptFailures ?? [:])
        rest.packets?.subtract(earlier.packets ?? [:])
        rest.stacks?.subtract(earlier.stacks ?? [:])
        rest.refused?.subtract(earlier.refused ?? [:])
        rest.resent?.subtract(earlier.resent ?? [:])
        for (netns, before) in earlier.conntrack { rest.conntrack[netns]?.subtract(before) }
        rest.loss.subtract(earlier.loss)
        return rest
    }

    /// With what left among the rest: all of a run.
    public var withEnded: DropTotals {
        var all = self
        for (listener, state) in ended {
            all.listeners[listener, default: ListenerState()].merge(state)
            all.listeners[listener]?.isClosed = true
        }
        all.packets?.add(endedPackets)
        all.stacks?.add(endedStacks)
        all.refused?.add(endedRefused)
        all.resent?.add(endedResent)
        all.forgetEnded()
        return all
    }

    private mutating func forgetEnded() {
        (ended, endedPackets, endedStacks) = ([:], [:], [:])
        (endedRefused, endedResent) = ([:], [:])
    }

    /// What all listeners lost.
    public var total: ListenDrops {
        listeners.values.reduce(into: ListenDrops()) { sum, state in
            if let drops = state.drops { sum.merge(drops) }
        }
    }

    /// What went through all accept queues; `nil`: not measured.
    public var totalAccepted: AcceptStats? {
        listeners.values.reduce(nil) { sum, state in
            guard let accepted = state.accepted else { return sum }
            var sum = sum ?? AcceptStats()
            sum.merge(accepted)
            return sum
        }
    }

    /// Drops that the kernel counted and no listener has. `nil`: this backend
    /// does not see causes, or not all of the kernel's counters are of this moment.
    public var notAttributed: UInt64? {
        guard backend != .tracepoint, countersAreWhole else { return nil }
        return counters.listenDrops.minus(total.listenDrops &+ hidden.listenDrops)
    }

    /// Only the listeners that are wanted; what the others lost remains known as a sum.
    /// - Parameters:
    ///   - isFilter: whether `isWanted` ever says no.
    ///   - byPort: whether packets of other ports are unwanted then, too.
    public func filtered(
        _ isWanted: (Listener, [SocketOwner]) -> Bool, isFilter: Bool = true, byPort: Bool = true
    ) -> DropTotals {
        guard isFilter else { return self }
        var result = self
        for (listener, state) in listeners where !isWanted(listener, owners[listener.inode] ?? []) {
            result.listeners[listener] = nil
            if let drops = state.drops { result.hidden.merge(drops) }
        }
        result.served = served?.filter { result.listeners[$0.key] != nil }
        guard byPort else { return result }
        let ports = Set(result.listeners.keys.map(\.port))
        result.packets = packets?.filter { $0.key.port.map(ports.contains) ?? false }
        result.stacks = stacks?.filter { $0.key.packet.port.map(ports.contains) ?? false }
        return result
    }

    /// With the owners of those sockets only that lost something.
    public var withOwnersOfLosers: DropTotals {
        var result = self
        let losers = Set(listeners.filter { $0.value.hasLoss }.keys.map(\.inode))
        result.owners = owners.filter { losers.contains($0.key) }
        return result
    }
}

extension ListenerState {
    public var hasLoss: Bool { drops?.isEmpty == false || (drops == nil && socketDrops ?? 0 > 0) }
}

/// Everything `tcpwhy drops` and `tcpwhy listeners` know at one moment.
public typealias DropsSnapshot = Reading<DropTotals>
public typealias DropsInterval = Interval<DropTotals>

extension DropsSnapshot {
    public init(
        time: UInt64, wallTime: Double, backend: Backend, listeners: [Listener: ListenerState] = [:],
        owners: [UInt32: [SocketOwner]] = [:], counters: ListenCounters = ListenCounters(),
        loss: Loss = Loss()
    ) {
        self.init(
            time: time, wallTime: wallTime,
            DropTotals(backend: backend, listeners: listeners, owners: owners, counters: counters, loss: loss)
        )
    }
}

extension DropsInterval {
    public init(
        duration: Double, wallTime: Double, backend: Backend, listeners: [Listener: ListenerState],
        owners: [UInt32: [SocketOwner]], counters: ListenCounters, loss: Loss
    ) {
        self.init(
            duration: duration, wallTime: wallTime,
            DropTotals(backend: backend, listeners: listeners, owners: owners, counters: counters, loss: loss)
        )
    }

    /// As `DropTotals.filtered`.
    public func filtered(
        _ isWanted: (Listener, [SocketOwner]) -> Bool, isFilter: Bool = true, byPort: Bool = true
    ) -> DropsInterval {
        map { $0.filtered(isWanted, isFilter: isFilter, byPort: byPort) }
    }
}
