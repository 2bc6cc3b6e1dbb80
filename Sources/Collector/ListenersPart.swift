// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes

/// Listening sockets with what they lose and accept, dropped packets, connection tracking.
final class ListenersPart {
    let probe: ListenerProbe
    /// `nil`: not asked for, or not to be had.
    private let accepts: AcceptProbe?
    private let packets: PacketProbe?
    private let resends: ResendProbe?
    private let conntrack: ConntrackProbe?
    /// Why conntrack is not counted by a program; `nil`: it is, or was not asked for.
    private let conntrackRefusal: BPFError?
    private let question: ListenersQuestion
    private let filtersByCgroup: Bool
    private var events: RingBuffer?
    private var sockets: ListeningSockets
    /// Why a table of tracked connections could not be read, the last time that failed.
    private var conntrackError: HostError?
    private var owners: OwnerLooks
    private var services: ServiceLook
    private let budget: LookBudget
    private(set) var last: DropsSnapshot

    init(
        _ question: ListenersQuestion, of questions: Questions, in places: Places, budget: LookBudget,
        notes: Notes
    ) throws(BPFError) {
        self.question = question
        self.budget = budget
        let (netns, cgroup, backend) = (places.netns?.inode, places.cgroupID, questions.backend)
        filtersByCgroup = cgroup != nil
        let packetOptions = try question.packetOptions(netns: netns, cgroup: cgroup)
        let probe = try ListenerProbe(
            netns: netns, backend: backend, events: question.events, peers: question.peers, cgroup: cgroup)
        self.probe = probe
        if question.events && probe.backend == .tracepoint {
            throw BPFError(
                .notSupported,
                saying: "--events takes fentry or kprobe, and neither is to be had here\n"
                    + "'tcpwhy check' says why; without --events the losses are counted")
        }
        accepts = try question.accepts.attach(notes, "waits are not measured") { () throws(BPFError) in
            try AcceptProbe(
                netns: netns, backend: backend, cgroup: cgroup, failures: question.acceptFailures)
        }
        packets = try question.packets.attach(notes, "no dropped packets") { () throws(BPFError) in
            try PacketProbe(packetOptions, beside: probe)
        }
        resends = try question.resent.attach(notes, "what is sent again is not told apart") {
            () throws(BPFError) in
            try ResendProbe(netns: netns)
        }
        (conntrack, conntrackRefusal) =
            question.conntrack ? Self.conntrack(netns, backend, beside: probe) : (nil, nil)
        events = question.events ? try probe.openRing() : nil
        sockets = ListeningSockets(
            backend: probe.backend, seesAccepts: accepts != nil,
            seesArrivals: accepts?.seesArrivals ?? false)
        owners = OwnerLooks(question.owners)
        services = ServiceLook(isWanted: question.served, notes)
        last = Reading(time: 0, wallTime: 0, DropTotals(backend: probe.backend))
    }

    /// What works for the one mostly works for the other; where not, the next one may.
    private static func conntrack(
        _ netns: UInt32?, _ backend: Backend?, beside listeners: ListenerProbe
    ) -> (ConntrackProbe?, BPFError?) {
        let wanted = backend ?? (listeners.backend == .tracepoint ? .tracepoint : nil)
        do throws(BPFError) {
            return (try ConntrackProbe(netns: netns, backend: wanted), nil)
        } catch {
            return (nil, error)
        }
    }

    var descriptors: [Int32] { events.descriptors }

    /// The connections that services have accepted, as they are at the end.
    func look(at looks: inout NamespaceLooks) {
        last.served = services.look(Array(last.listeners.filter { !$0.value.isClosed }.keys), &looks)
    }

    /// So that accepts of connections that wait already have a row. Before `start`.
    func noteWaiting(_ looks: inout NamespaceLooks) throws {
        guard let accepts else { return }
        try looks.inEach(anew: true) { (_, _, namespace) throws in try accepts.noteWaiting(in: namespace) }
    }

    /// From here on everything counts.
    func start() throws(BPFError) {
        try accepts?.start()
        try probe.start()
    }

    /// Hands over the events that are there; when more come all the time, not for ever.
    func drain(_ take: (TraceEvent) throws -> Void, isLast: Bool) throws {
        _ = try events?.consume(limit: isLast ? .max : 10_000) { record in
            guard let loss = probe.decode(record) else { return }
            guard question.namesSockets else { return try take(.loss(loss, socket: nil, owners: [])) }
            let known = last.listeners.keys.first { $0.inode == loss.inode && $0.netns == loss.netns }
            // Younger than the last look: as the packet names it.
            let socket = known ?? (filtersByCgroup ? nil : loss.listener)
            try take(.loss(loss, socket: socket, owners: owners.now(of: loss.inode)))
        }
    }

    /// The sockets that listen now, with their queues, and the kernel's counters.
    func take(_ looks: NamespaceLooks) {
        conntrackError = looks.conntrackError
        sockets.take(looks.found, present: looks.present)
    }

    /// From here on what happens is for the reading after the next.
    func turn() throws(BPFError) {
        try probe.turn()
        try accepts?.turn()
        try packets?.turn()
        try resends?.turn()
        try conntrack?.turn()
    }

    /// What was counted, since the trace began.
    /// - Parameter time: up to which it counts.
    func read(at time: UInt64, isFirst: Bool, isLast: Bool) throws(BPFError) {
        var found = [try probe.read().listeners]
        if let accepts { found.append(try accepts.read()) }
        var totals = DropTotals(
            backend: probe.backend, listeners: sockets.with(found), counters: sockets.counters)
        totals.ended = sockets.ended
        totals.loss = try loss()
        totals.conntrack = sockets.conntrack
        totals.waitBackend = accepts?.backend
        totals.acceptFailures = accepts?.allFailures
        totals.canMigrate = accepts?.canMigrate ?? false
        if let conntrack { totals.setConntrackFull(try conntrack.full(), by: conntrack.backend) }
        if let packets {
            let reading = try packets.read()
            totals.packets = reading.packets
            totals.stacks = reading.stacks
            totals.endedPackets = reading.ended
            totals.endedStacks = reading.endedStacks ?? [:]
            totals.refused = reading.refused
            totals.endedRefused = reading.endedRefused
        }
        if let resends { (totals.resent, totals.endedResent) = try resends.read() }
        totals.obstacles = obstacles(totals)
        totals.countersAreWhole = sockets.countersAreWhole
        totals.owners = owners.look(
            for: totals, before: isFirst ? nil : last.totals, within: budget, isLast: isLast)
        last = Reading(time: time, wallTime: HostClock.wallSeconds(), totals)
    }

    /// Why the kernel's counters stand in, once there are some (without probes that goes
    /// without saying), and what could not be read.
    private func obstacles(_ totals: DropTotals) -> [String] {
        var obstacles: [String] = []
        if let conntrackRefusal, !totals.conntrack.isEmpty, probe.backend != .tracepoint {
            obstacles.append("conntrack by the kernel's counter, not exact: \(conntrackRefusal)")
        }
        if let error = conntrackError {
            obstacles.append("not every conntrack table is known: \(error)")
        }
        if let obstacle = packets?.placesObstacle {
            obstacles.append("places are shown as addresses: \(obstacle)")
        }
        return obstacles
    }

    /// From here on nothing counts, but for packets, what is sent again, and conntrack.
    func stop() throws(BPFError) {
        try accepts?.stop()
        try probe.stop()
    }

    /// After the last reading, of which what was not seen is known only now.
    func detach() throws(BPFError) {
        try accepts?.detach()
        try probe.detach()
        try packets?.detach()
        try resends?.detach()
        try conntrack?.detach()
        last.loss = try loss()
    }

    private func loss() throws(BPFError) -> Loss {
        var loss = try probe.loss()
        if let accepts { loss.merge(try accepts.loss()) }
        if let packets { loss.merge(try packets.loss()) }
        if let resends { loss.merge(try resends.loss()) }
        if let conntrack { loss.merge(try conntrack.loss()) }
        return loss
    }
}

extension ListenLoss {
    fileprivate var listener: Listener? {
        local.map { Listener(netns: netns, address: $0, port: localPort, inode: inode) }
    }
}
