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

/// Looks into network namespaces.
struct NamespaceLooks {
    /// The only namespace to look at; `nil`: all there are.
    private let only: OpenNamespace?
    private let notes: Notes
    private var namespaces = KnownNamespaces()
    /// Held open: destinations are connected to again and again.
    private var held: [UInt32: OpenNamespace] = [:]
    /// What was found at this look, by inode.
    private(set) var found: [UInt32: NamespaceLook] = [:]
    /// Why a table of tracked connections could not be read, the last time that failed.
    private(set) var conntrackError: HostError?

    init(only: OpenNamespace?, _ notes: Notes) {
        self.only = only
        self.notes = notes
    }

    /// Begins another look, at which nothing is found yet.
    mutating func begin() { found = [:] }

    /// Looks into every namespace.
    /// - Parameters:
    ///   - sockets: lists those that listen.
    ///   - facts: whether to read everything that the kernel says of a namespace.
    ///   - anew: nothing that is known is relied on.
    mutating func look(for sockets: ListenerProbe?, facts: Bool, anew: Bool) throws {
        try inEach(anew: anew) { (looks, namespace) throws in
            let inode = namespace.inode
            // One that is open here, but has neither a name nor a process any more, is gone.
            let prefix = facts ? NetworkNamespace.commandPrefix(inode: inode) : nil
            let (look, error) = try inNetworkNamespace(namespace) {
                try Self.lookHere(inode, for: sockets, factsWith: prefix)
            }
            looks.found[inode] = look
            if let error { looks.conntrackError = error }
        }
    }

    private static func lookHere(
        _ inode: UInt32, for sockets: ListenerProbe?, factsWith prefix: String?
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

    /// Calls `body` with every namespace that can be entered.
    /// - Parameter anew: nothing that is known is relied on.
    mutating func inEach(
        anew: Bool, _ body: (inout NamespaceLooks, borrowing NetworkNamespace) throws -> Void
    ) throws {
        if let only { return try body(&self, only.value) }
        for place in namespaces.all(anew: anew) {
            // It may have gone since it was found.
            guard let namespace = try? place.open() else { continue }
            do { try body(&self, namespace) } catch {
                notes.note("sockets", "no sockets of network namespace \(place.inode): \(error)")
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

    private mutating func namespace(_ inode: UInt32, near pid: UInt32?) -> OpenNamespace? {
        if let known = held[inode] { return known }
        let pid = pid.map { Int32(bitPattern: $0) }
        guard let found = try? NetworkNamespace.find(inode: inode, near: pid) else { return nil }
        let open = OpenNamespace(found)
        held[inode] = open
        return open
    }
}
