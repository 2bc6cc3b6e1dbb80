// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes

/// What one look into a network namespace gave: each of the kernel's texts was read once.
struct NamespaceLook {
    var counters: ListenCounters
    var sockets: [Listener: ListenerState] = [:]
    /// `nil`: nothing is tracked there, or it cannot be read.
    var conntrack: Conntrack?
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

    init(only: OpenNamespace?, _ notes: Notes) {
        self.only = only
        self.notes = notes
    }

    /// Begins another look, at which nothing is found yet.
    mutating func begin() { found = [:] }

    /// Looks into every namespace.
    /// - Parameters:
    ///   - sockets: lists the sockets that listen.
    ///   - isLast: nothing that is known is relied on.
    mutating func look(for sockets: ListenerProbe, isLast: Bool) throws {
        try inEach(anew: isLast) { (looks, namespace) throws in
            let reading = try sockets.look(into: namespace)
            looks.found[namespace.inode] = NamespaceLook(
                counters: reading.counters, sockets: reading.sockets, conntrack: reading.conntrack)
        }
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

    /// How full the ranges towards destinations in a namespace are; `nil`: it is gone.
    mutating func measure(
        _ destinations: Set<Destination>, by probe: RangeProbe, own: [Destination: ClosedRange<UInt16>],
        in inode: UInt32, near pid: UInt32?
    ) throws -> RangeProbe.Measurement? {
        guard let namespace = namespace(inode, near: pid) else { return nil }
        return try probe.measure(destinations, in: namespace.value, own: own)
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
