// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes

/// What the kernel says of itself, its namespaces, and processes that hold listening sockets or
/// connect.
struct MachinePart {
    private(set) var last = MachineFacts()
    private var looks = Recent<UInt32, WaitingLooks>(keeping: 1024)

    /// Firewalls of more namespaces are not read: those that dropped most are.
    private static let mostFirewalls = 32

    /// Of those that connect, how many are looked at: the ones that do so most often.
    static let mostCallers = 64
    /// Of very many processes of a service so many show what all of them do.
    private static let mostOfSocket = 16
    private static let mostAtLook = 64
    /// A few cost nearly nothing: these are looked at whatever other looks have taken.
    private static let atAnyLook = 8
    private static let mostScheduled = 512

    mutating func read(_ looks: inout NamespaceLooks, _ drops: DropsSnapshot?, _ ports: PortsSnapshot?) {
        last.namespaces = looks.found.compactMapValues(\.facts)
        readUnixSockets(ports, &looks)
        let owners = [drops?.owners ?? [:], last.unixOwners].flatMap(\.values).joined().map(\.pid)
        let pids = Set(owners).union(Self.callers(ports?.totals.connects ?? [:]))
        var cgroups = CgroupLimits()
        last.processes = [:]
        for (number, pid) in pids.sorted().enumerated() {
            var facts = ProcessFacts(pid: pid)
            if number < Self.mostScheduled { facts?.scheduling = ProcessScheduling(pid: pid, &cgroups) }
            last.processes[pid] = facts
        }
        for pid in Set((drops?.acceptFailures ?? [:]).keys.map(\.pid)) {
            last.processes[pid]?.openFiles = OpenFileLimit(pid: pid)
        }
        last.waitingLooks = self.looks.all
        last.availableMemory = Memory.available()
        last.fileTable = .current()
    }

    /// The Unix sockets whose queue somebody found full: those of others are nobody's concern.
    private mutating func readUnixSockets(_ ports: PortsSnapshot?, _ looks: inout NamespaceLooks) {
        let paths = Set((ports?.fullUnixSockets ?? [:]).keys.map(\.path))
        guard !paths.isEmpty else { return }
        var found: [UnixListener] = []
        // Without them the paths are told, and nothing of their queues.
        try? looks.inEach(anew: true) { (_, _, namespace) throws in
            found += try inNetworkNamespace(namespace) { try UnixListener.allHere() }
        }
        last.unixListeners = found.filter { paths.contains($0.path) }
        last.unixOwners = SocketOwners.find(Set(last.unixListeners.map(\.inode)))
    }

    /// What the owners of sockets do at which connections wait now.
    mutating func look(at sockets: DropsSnapshot, within budget: LookBudget) {
        let waiting = sockets.listeners.filter { $0.value.queues?.isWaitedIn == true }
        let owners = waiting.keys.sorted { $0.inode < $1.inode }.flatMap { listener in
            Set((sockets.owners[listener.inode] ?? []).map(\.pid)).sorted().prefix(Self.mostOfSocket)
        }
        for (number, pid) in Set(owners).sorted().prefix(Self.mostAtLook).enumerated() {
            guard number < Self.atAnyLook || budget.isLeft else { return }
            guard let activity = budget.spend({ ProcessActivity(pid: pid) }) else { continue }
            var seen = looks[pid] ?? WaitingLooks()
            seen.add(activity)
            looks[pid] = seen
        }
    }

    static func callers(_ connects: [ConnectKey: ConnectStats]) -> [UInt32] {
        let calls = connects.reduce(into: [UInt32: UInt64]()) { calls, row in
            if !row.key.isOverflow { calls[row.key.pid, default: 0] &+= row.value.connects }
        }
        let most = calls.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        return most.prefix(mostCallers).map(\.key)
    }

    /// What only the end of a run asks for: firewalls that dropped packets.
    mutating func readFirewalls(_ looks: inout NamespaceLooks, _ drops: DropsSnapshot?) {
        for netns in drops.map(firewalls) ?? [] {
            last.namespaces[netns]?.firewall = looks.firewall(in: netns)
        }
    }

    /// Namespaces in which netfilter dropped packets, or connection tracking soon will.
    private func firewalls(_ drops: DropsSnapshot) -> [UInt32] {
        var dropped = drops.conntrack.filter(\.value.isTight).mapValues { $0.full ?? 0 }
        for (packet, count) in drops.packets ?? [:] where packet.isByNetfilter {
            // Of no known namespace: it may be any.
            for netns in packet.netns.map({ [$0] }) ?? Array(last.namespaces.keys) {
                dropped[netns, default: 0] &+= count
            }
        }
        // Against SYNs that fill a queue a rule may help, too.
        for (listener, state) in drops.listeners where state.hasSYNPressure {
            dropped[listener.netns, default: 0] &+= 1
        }
        let most = dropped.filter { last.namespaces[$0.key] != nil }
            .sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        return most.prefix(Self.mostFirewalls).map(\.key)
    }
}

extension NamespaceLooks {
    /// `nil`: the namespace is gone.
    fileprivate mutating func firewall(in inode: UInt32) -> Firewall? {
        guard let namespace = namespace(inode, near: nil) else { return nil }
        do {
            return try inNetworkNamespace(namespace.value) { Firewall.current() }
        } catch {
            var unread = Firewall()
            unread.obstacle = "\(error)"
            return unread
        }
    }
}

extension ListenerState {
    /// Whether SYNs were dropped there, or wait for their answer in numbers.
    fileprivate var hasSYNPressure: Bool {
        hasLoss || (queues.map { $0.synQueue > 0 && $0.synQueue >= $0.backlog / 2 } ?? false)
            || drops?[.synCookieSent] ?? 0 > 0
    }
}

extension ListenQueues {
    /// Whether connections wait, as far as was seen just now.
    fileprivate var isWaitedIn: Bool { acceptQueue > 0 && age < 1 }
}
