// SPDX-License-Identifier: Apache-2.0
import Model

/// What became of the SYNs that found a SYN queue full: of one listening socket, or where
/// causes are not traced, of a namespace.
struct SynQueue {
    let netns: UInt32
    /// `nil`: which socket it was is not known.
    let socket: (listener: Listener, state: ListenerState)?
    let owner: Owner?
    /// SYNs dropped: the queue was full and cookies are off.
    let dropped: UInt64
    /// Of these, the ones dropped for the last quarter of `net.ipv4.tcp_max_syn_backlog`.
    let lastQuarter: UInt64
    /// SYNs answered with a cookie: since the queue was full, or always.
    let cookies: UInt64
    /// Every SYN is answered with a cookie (`net.ipv4.tcp_syncookies` is 2): whether a queue is full does
    /// not show, and matters to nobody.
    let hasCookiesAlways: Bool
    /// Handshakes that ended well.
    let completed: UInt64
    /// Of the cookies that were sent, those that came back, 0 to 1. `nil`: none was sent.
    let cookiesReturned: Double?
    /// Connections that found the accept queue full: they leave the SYN queue late.
    let acceptOverflows: UInt64
    let source: EvidenceSource

    /// SYNs that found it full.
    var met: UInt64 { dropped &+ cookies }

    /// Of the SYNs that somebody waits behind, 0 to 1: an attacker's handshake never ends.
    var completion: Double {
        if cookies >= dropped, let cookiesReturned { return cookiesReturned }
        return Double(completed) / Double(max(completed &+ dropped, 1))
    }

    var subject: Finding.Subject { socket.map { .listener($0.listener) } ?? .namespace(netns) }

    func text(_ seen: Observation) -> String {
        guard let socket, let owner else { return seen.name(of: netns) }
        return seen.text(of: socket.listener, owner)
    }

    /// "0.0.0.0:80"
    func endpoint(_ seen: Observation) -> String {
        socket.map { EndpointText.of($0.listener.address, $0.listener.port) } ?? seen.name(of: netns)
    }

    /// The queues that were full at least once, those that were it most often first.
    static func full(_ seen: Observation) throws(NotExamined) -> [SynQueue] {
        let drops = try seen.drops.get()
        var queues: [SynQueue]
        if drops.backend == .tracepoint {
            try seen.requireNamespaces()
            queues = seen.sortedNamespaces.map { SynQueue($0.netns, $0.facts, drops, seen) }
        } else {
            queues = drops.listeners.compactMap { SynQueue($0.key, $0.value, drops, seen) }
        }
        queues.removeAll { $0.met == 0 }
        return queues.sorted {
            ($0.met, $1.socket?.listener.port ?? 0, $1.netns) > (
                $1.met, $0.socket?.listener.port ?? 0, $0.netns
            )
        }
    }

    /// A second, by the clock of whatever counted.
    func rate(_ count: UInt64, _ seen: Observation) -> Double {
        source == .counter ? seen.rate(count, in: netns) : seen.rate(count)
    }

    /// "12 SYNs a second"
    func frequency(_ count: UInt64, _ seen: Observation) -> String {
        seen.frequency(count, "SYN", in: source == .counter ? netns : nil)
    }

    /// By the socket's own causes. `nil`: they are not known.
    private init?(_ listener: Listener, _ state: ListenerState, _ drops: DropsInterval, _ seen: Observation) {
        guard let causes = state.drops else { return nil }
        let facts = seen.namespaces[listener.netns]
        netns = listener.netns
        socket = (listener, state)
        owner = seen.owner(of: listener, in: drops)
        lastQuarter = causes[.lastQuarter]
        dropped = causes[.synQueueFull] &+ lastQuarter
        cookies = causes[.synCookieSent]
        hasCookiesAlways = facts?.settings.syncookies == 2
        completed = state.accepted.map { $0.arrivals ?? $0.accepts } ?? facts?.counters.passiveOpens ?? 0
        cookiesReturned = Self.returned(facts?.counters)
        acceptOverflows = causes.listenOverflows
        source = .traced(drops.backend)
    }

    /// By the namespace's counters.
    private init(_ netns: UInt32, _ facts: NamespaceFacts, _ drops: DropsInterval, _ seen: Observation) {
        let counters = facts.counters
        self.netns = netns
        socket = Self.fullest(in: netns, drops)
        owner = socket.map { seen.owner(of: $0.listener, in: drops) }
        // Without cookies the last quarter of net.ipv4.tcp_max_syn_backlog is kept for known peers: what is
        // dropped for that counts in ListenDrops alone (`tcp_conn_request`).
        lastQuarter =
            facts.settings.syncookies == 0
            ? counters.listenDrops.minus(counters.listenOverflows &+ counters.requestQueueFullDrops) : 0
        dropped = counters.requestQueueFullDrops &+ lastQuarter
        cookies = counters.requestQueueFullCookies
        hasCookiesAlways = facts.settings.syncookies == 2
        completed = counters.passiveOpens
        cookiesReturned = Self.returned(counters)
        acceptOverflows = counters.listenOverflows
        source = .counter
    }

    private static func returned(_ counters: TCPCounters?) -> Double? {
        guard let counters, counters.cookiesSent > 0 else { return nil }
        return min(Double(counters.cookiesReceived) / Double(counters.cookiesSent), 1)
    }

    /// The one whose SYN queue holds most. `nil`: all are empty by now.
    private static func fullest(
        in netns: UInt32, _ drops: DropsInterval
    ) -> (listener: Listener, state: ListenerState)? {
        let there = drops.listeners.filter { $0.key.netns == netns && $0.value.queues?.synQueue ?? 0 > 0 }
        return there.max {
            ($0.value.queues?.synQueue ?? 0, $1.key.port) < ($1.value.queues?.synQueue ?? 0, $0.key.port)
        }.map { (listener: $0.key, state: $0.value) }
    }
}
