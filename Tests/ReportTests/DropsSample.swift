// SPDX-License-Identifier: Apache-2.0
import Model

/// One interval as an nginx with a short accept queue gives it.
enum DropsSample {
    static let any = IPAddress(0, 0, 0, 0)
    static let any6 = IPAddress("::")!

    static let nginx = Listener(netns: Sample.netns, address: any, port: 80, inode: 700)
    static let api = Listener(
        netns: Sample.netns, address: any6, port: 8443, inode: 701, isDualStack: true, isReusePort: true)
    static let ssh = Listener(netns: Sample.netns, address: Sample.local, port: 22, inode: 702)

    static func drops(_ counts: [ListenCause: UInt64], overflows: UInt64 = 0) -> ListenDrops {
        var drops = ListenDrops()
        for (cause, count) in counts {
            drops[cause] = count
            if cause.isDrop { drops.listenDrops += count }
        }
        drops.listenOverflows = overflows
        drops.requestQueueFullDrops = counts[.synQueueFull] ?? 0
        drops.requestQueueFullCookies = counts[.synCookieSent] ?? 0
        return drops
    }

    static func state(
        _ drops: ListenDrops, accept: UInt32 = 0, limit: UInt32 = 511, syn: UInt32 = 0
    ) -> ListenerState {
        var state = ListenerState()
        state.drops = drops
        state.socketDrops = drops.listenDrops + drops[.acceptQueueFullAtACK]
        state.queues = ListenQueues(acceptQueue: accept, backlog: limit, synQueue: syn, young: syn / 2)
        return state
    }

    static var counters: ListenCounters {
        var counters = ListenCounters()
        counters.listenDrops = 1312
        counters.listenOverflows = 1310
        counters.requestQueueFullCookies = 40
        return counters
    }

    static var interval: DropsInterval {
        var full = state(
            drops([.acceptQueueFullAtSYN: 1290, .acceptQueueFullAtACK: 20], overflows: 1310), accept: 11,
            limit: 10, syn: 3)
        full.firstLoss = 1_000_000_000
        full.lastLoss = 61_000_000_000
        return DropsInterval(
            duration: 1, wallTime: 1_795_464_327.042, backend: .fentry,
            listeners: [
                nginx: full, api: state(drops([.synCookieSent: 40, .noRoute: 2]), syn: 512),
                ssh: state(ListenDrops(), limit: 128),
            ],
            owners: [
                700: [owner(14, 6), owner(12, 9), owner(12, 6), owner(13, 6)],
                701: [owner(88, 3, "api")],
            ],
            counters: counters, loss: Loss())
    }

    static func owner(_ pid: UInt32, _ descriptor: UInt32, _ command: String = "nginx") -> SocketOwner {
        SocketOwner(pid: pid, command: command, descriptor: descriptor)
    }

    /// The same seen by the tracepoint backend.
    static var tracepoint: DropsInterval {
        var interval = interval
        interval.backend = .tracepoint
        for listener in interval.listeners.keys {
            interval.listeners[listener]?.drops = nil
            interval.listeners[listener]?.firstLoss = 0
            interval.listeners[listener]?.lastLoss = 0
        }
        return interval
    }

    static var nothing: DropsInterval {
        var interval = interval
        interval.listeners = [ssh: state(ListenDrops(), limit: 128)]
        interval.counters = ListenCounters()
        return interval
    }

    /// Everything that text can hold, in two namespaces.
    static var nasty: DropsInterval {
        var interval = interval
        let long = IPAddress("2001:db8:1111:2222:3333:4444:5555:6666")!
        var counts: [ListenCause: UInt64] = [:]
        for cause in ListenCause.allCases { counts[cause] = 12_345_678 }
        var gone = state(drops(counts))
        gone.queues = nil
        gone.isClosed = true
        gone.firstLoss = 5
        gone.lastLoss = .max
        interval.listeners[Listener(netns: 7, address: long, port: 65535, inode: 9)] = gone
        interval.listeners[Listener(netns: 7, address: long, port: 1, inode: 0)] = gone
        interval.owners[9] = [owner(4_194_304, 1, "日本語日本"), owner(4_194_303, 1, "a\u{1B}[2J\nb")]
        interval.counters.listenDrops = 300_000_000
        interval.loss = Sample.loss
        return interval
    }

    static var all: [DropsInterval] { [interval, tracepoint, nothing, nasty] }
}
