// SPDX-License-Identifier: Apache-2.0
import Model

/// An address and port of this machine that somebody asks for, and no socket answers.
struct Refusal {
    let place: RefusedPlace
    /// SYNs that found no socket. `nil`: not traced, or the kernel gives no reasons.
    var syns: UInt64?
    /// Connects of this machine that were refused (ECONNREFUSED), by who called.
    var callers: [String: UInt64] = [:]
    /// All connects of those callers, wherever to.
    var callersConnects: UInt64 = 0
    /// Connects refused that went well over the other address family.
    var wentElsewhere: UInt64 = 0
    /// A socket that would have got it and closed during the run, or that listens by now.
    var former: Listener?
    /// A socket that listens on the port, at another address.
    var elsewhere: Listener?

    var connects: UInt64 { callers.values.reduce(0) { $0 &+ $1 } }
    var count: UInt64 { max(connects, syns ?? 0) }
    var isFallback: Bool { connects > 0 && wentElsewhere >= connects && connects >= count }

    var endpoint: String { EndpointText.of(place.address, place.port) }
}

/// All of a run.
struct Refusals {
    /// The most wanted first.
    private(set) var all: [Refusal] = []
    /// Namespaces in which connections to there were refused.
    private var namespaces: [Endpoint: [UInt32]] = [:]
    private let listeners: [RefusalPort: [(key: Listener, value: ListenerState)]]
    /// Why nothing is known; `nil`: something is.
    private var obstacle: String?

    private struct Endpoint: Hashable {
        let address: IPAddress
        let port: UInt16

        init(_ place: RefusedPlace) {
            (address, port) = (place.address, place.port)
        }

        init(_ destination: Destination) {
            (address, port) = (destination.address.unmapped, destination.port)
        }
    }

    private struct RefusalPort: Hashable {
        let netns: UInt32
        let port: UInt16
    }

    init(_ seen: Observation) {
        var listeners: [RefusalPort: [(key: Listener, value: ListenerState)]] = [:]
        if case .seen(let drops) = seen.drops {
            listeners = Dictionary(grouping: drops.listeners) {
                RefusalPort(netns: $0.key.netns, port: $0.key.port)
            }
        }
        self.listeners = listeners
        if case .not(let why) = seen.ports, case .not = seen.drops { obstacle = why }
        var found: [RefusedPlace: Refusal] = [:]
        addSYNs(seen, to: &found)
        for place in found.keys { namespaces[Endpoint(place), default: []].append(place.netns) }
        addConnects(seen, to: &found)
        all = found.values.filter { $0.count > 0 }.map(settled).sorted {
            ($0.count, $1.place.port, $1.place.netns, $1.place.address)
                > ($1.count, $0.place.port, $0.place.netns, $0.place.address)
        }
    }

    func get() throws(NotExamined) -> [Refusal] {
        if let obstacle { throw NotExamined(obstacle) }
        return all
    }

    /// Whether this machine itself refused connections to there, in whichever namespace.
    func isOurs(_ destination: Destination) -> Bool {
        destination.address.unmapped.isLoopback
            || namespaces[Endpoint(destination)] != nil
    }

    /// Whoever they come from.
    private func addSYNs(_ seen: Observation, to found: inout [RefusedPlace: Refusal]) {
        guard case .seen(let drops) = seen.drops else { return }
        if let refused = drops.refused {
            for (place, count) in refused where place.port != 0 {
                found[place, default: Refusal(place: place)].syns = count
            }
            return
        }
        // Late packets of connections that are over find no socket either, and an older kernel does not
        // tell them: they go to the ephemeral range, or to ports that are listened on.
        for (packet, count) in drops.packets ?? [:]
        where packet.kind == .drop && packet.transport == "tcp" && packet.reason == "NO_SOCKET" {
            guard let netns = packet.netns, let port = packet.port else { continue }
            let range = seen.namespaces[netns]?.settings.portRange ?? 32768...60999
            let isOpen = listeners[RefusalPort(netns: netns, port: port)]?.contains { !$0.value.isClosed }
            guard !range.contains(port), isOpen != true else { continue }
            let place = RefusedPlace(netns: netns, address: IPAddress(0, 0, 0, 0), port: port)
            found[place, default: Refusal(place: place)].syns = count &+ (found[place]?.syns ?? 0)
        }
    }

    /// Of this machine.
    private mutating func addConnects(_ seen: Observation, to found: inout [RefusedPlace: Refusal]) {
        guard let calls = try? Calls.of(seen) else { return }
        // In order: what a packet's port alone tells goes to the first.
        let sorted = calls.byDestination.sorted {
            ($0.key.destination.address, $0.key.command) < ($1.key.destination.address, $1.key.command)
        }
        for (call, stats) in sorted {
            guard let count = stats.failed[ErrorNumber.connectionRefused], count > 0, isOurs(call.destination)
            else { continue }
            let asked = asked(call.destination)
            if asked == nil, seen.tellsRefused, isAnswered(call.destination) { continue }
            let place = asked ?? RefusedPlace(call.destination)
            var refusal = found[place] ?? Refusal(place: place)
            if asked == nil {
                namespaces[Endpoint(place), default: []].append(place.netns)
                refusal.syns = found.removeValue(forKey: place.atAnyAddress)?.syns
            }
            if refusal.callers[call.command] == nil { refusal.callersConnects &+= calls.all(of: call) }
            refusal.callers[call.command, default: 0] &+= count
            refusal.wentElsewhere &+= min(count, calls.successesElsewhere(of: call))
            found[refusal.place] = refusal
        }
    }

    /// Where connections to there are known to have been refused: in the caller's own namespace, or but
    /// for loopback addresses in another.
    private func asked(_ destination: Destination) -> RefusedPlace? {
        let there = namespaces[Endpoint(destination)] ?? []
        let own = RefusedPlace(destination)
        if there.contains(own.netns) { return own }
        guard !own.address.isLoopback, let netns = there.min() else { return nil }
        return RefusedPlace(netns: netns, address: own.address, port: own.port)
    }

    /// A socket listens there, and no SYN missed it: then it is a firewall that refuses.
    private func isAnswered(_ destination: Destination) -> Bool {
        let port = RefusalPort(netns: destination.netns, port: destination.port)
        return listeners[port]?.contains {
            !$0.value.isClosed && $0.key.answers(destination.address.unmapped)
        } == true
    }

    /// With the sockets that have to do with it.
    private func settled(_ refusal: Refusal) -> Refusal {
        var refusal = refusal
        let port = RefusalPort(netns: refusal.place.netns, port: refusal.place.port)
        let there = (listeners[port] ?? []).sorted { $0.key.inode < $1.key.inode }
        refusal.former = there.first { $0.key.answers(refusal.place.address) }?.key
        if refusal.former == nil { refusal.elsewhere = there.first { !$0.value.isClosed }?.key }
        return refusal
    }
}

extension RefusedPlace {
    fileprivate init(_ destination: Destination) {
        self.init(
            netns: destination.netns, address: destination.address.unmapped, port: destination.port)
    }

    fileprivate var atAnyAddress: RefusedPlace {
        RefusedPlace(netns: netns, address: IPAddress(0, 0, 0, 0), port: port)
    }
}

extension Listener {
    /// Whether it gets connections to an address of its port. `0.0.0.0` asked for: not known to which.
    func answers(_ asked: IPAddress) -> Bool {
        if asked.isUnspecified { return true }
        if address.unmapped == asked { return true }
        guard address.isUnspecified else { return false }
        return address.family == asked.family || (address.family == .ipv6 && isDualStack)
    }
}
