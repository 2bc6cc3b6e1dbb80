// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes

/// What one look into a network namespace gave: each of the kernel's texts was read once.
struct NamespaceLook {
    var listening: ListenCounters
    /// TcpExt TWRecycled.
    var recycled: UInt64?
    var sockets: [Listener: ListenerState] = [:]
    /// `nil`: nothing is tracked there, or it cannot be read.
    var conntrack: Conntrack?
    /// `nil`: not asked for, or no command can be run there any more.
    var facts: NamespaceFacts?
}

/// Looks into network namespaces: as many at a time as the budget allows, those first that were
/// looked into longest ago.
struct NamespaceLooks {
    /// The only namespace to look at; `nil`: all there are.
    private let only: OpenNamespace?
    private let notes: Notes
    let budget: LookBudget
    private var namespaces = KnownNamespaces()
    /// Where destinations' namespaces were seen last. None is held open: it lives as long as
    /// somebody holds it, and nobody's does for us.
    private var places = Recent<UInt32, NetworkNamespace.Place>(keeping: 512)
    /// When each was looked into last.
    private var times: [UInt32: UInt64] = [:]
    /// What was found at this look, by inode.
    private(set) var found: [UInt32: NamespaceLook] = [:]
    /// The namespaces that there are, as far as is known at this look.
    private(set) var present: Set<UInt32> = []
    /// Why a table of tracked connections could not be read, the last time that failed.
    private(set) var conntrackError: HostError?

    init(only: OpenNamespace?, _ budget: LookBudget, _ notes: Notes) {
        self.only = only
        self.budget = budget
        self.notes = notes
    }

    /// Begins another look, at which nothing is found yet.
    mutating func begin() { found = [:] }

    /// Looks into namespaces.
    /// - Parameters:
    ///   - sockets: lists those that listen.
    ///   - facts: whether to read everything that the kernel says of a namespace.
    ///   - anew: into all of them, and nothing that is known is relied on.
    mutating func look(for sockets: ListenerProbe?, facts: Bool, anew: Bool) throws {
        // One that is open here, but has neither a name nor a process any more, is gone.
        var prefixes: [UInt32: ShellCommand]?
        try inEach(anew: anew) { (looks, places, namespace) throws in
            let inode = namespace.inode
            if facts, prefixes == nil {
                prefixes =
                    places.isEmpty
                    ? NetworkNamespace.commandPrefix(inode: inode).map { [inode: $0] } ?? [:]
                    : NetworkNamespace.commandPrefixes(of: places)
            }
            let prefix = prefixes?[inode]
            let (look, error) = try inNetworkNamespace(namespace) {
                try Self.lookHere(inode, for: sockets, factsWith: prefix)
            }
            looks.found[inode] = look
            if let error { looks.conntrackError = error }
        }
    }

    private static func lookHere(
        _ inode: UInt32, for sockets: ListenerProbe?, factsWith prefix: ShellCommand?
    ) throws -> (NamespaceLook, conntrackError: HostError?) {
        let counters = try prefix == nil ? NetworkCounters.atEachLook() : NetworkCounters.current()
        let time = HostClock.monotonicNanoseconds()
        var look = NamespaceLook(
            listening: try ListenCounters(counters), recycled: counters.tcpExt["TWRecycled"])
        look.facts = prefix.map { .current(commandPrefix: $0, counters, at: time) }
        var conntrackError: HostError?
        if let sockets {
            do throws(HostError) { look.conntrack = try Conntrack.current() } catch { conntrackError = error }
            look.sockets = try sockets.socketsHere(inode)
        }
        return (look, conntrackError)
    }

    /// Calls `body` with namespaces that can be entered, and where all of them are.
    /// - Parameter anew: with all of them, and nothing that is known is relied on.
    mutating func inEach(
        anew: Bool,
        _ body: (inout NamespaceLooks, [NetworkNamespace.Place], borrowing NetworkNamespace) throws -> Void
    ) throws {
        if let only {
            present = [only.value.inode]
            return try body(&self, [], only.value)
        }
        let mayList = budget.isLeft
        let places = budget.spend { namespaces.all(anew: anew, mayList: mayList) }
        present = Set(places.map(\.inode))
        times = times.filter { present.contains($0.key) }
        for place in places.sorted(by: { times[$0.inode] ?? 0 < times[$1.inode] ?? 0 }) {
            guard anew || budget.isLeft else { return }
            budget.spend {
                // It may have gone since it was found.
                guard let namespace = try? place.open() else {
                    present.remove(place.inode)
                    return
                }
                times[place.inode] = HostClock.monotonicNanoseconds()
                do { try body(&self, places, namespace) } catch {
                    notes.note("sockets", "no sockets of network namespace \(place.inode): \(error)")
                }
            }
        }
    }

    /// How full the ranges towards destinations in a namespace are, and TcpExt TWRecycled there;
    /// `nil`: it is gone.
    mutating func measure(
        _ destinations: [Destination], by probe: RangeProbe, own: [Destination: ClosedRange<UInt16>],
        in inode: UInt32, near pid: UInt32?
    ) throws -> (ranges: [PortRange], recycled: UInt64?)? {
        guard let namespace = namespace(inode, near: pid) else { return nil }
        let look = found[inode]
        return try inNetworkNamespace(namespace.value) {
            // Read at this look already, unless only ranges are looked at.
            let recycled =
                look.map(\.recycled) ?? (try? NetworkCounters.atEachLook())?.tcpExt["TWRecycled"]
            return (try probe.measureHere(destinations, own: own), recycled)
        }
    }

    mutating func namespace(_ inode: UInt32, near pid: UInt32?) -> OpenNamespace? {
        if let only, only.value.inode == inode { return only }
        let pid = pid.map { Int32(bitPattern: $0) }
        guard let place = places[inode] ?? NetworkNamespace.place(inode: inode, near: pid),
            let found = try? place.open()
        else {
            places[inode] = nil
            return nil
        }
        places[inode] = place
        return OpenNamespace(found)
    }
}
