// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Model

/// What the listener programs write, as the model's values. Everything is read by
/// offset from bytes whose length was checked; nothing here traps.
enum ListenerDecoding {
    static func listener(_ key: why_listener_key, _ name: why_listener_name) -> Listener {
        listener(name, netns: key.netns, port: key.port, inode: key.inode)
    }

    private static func listener(
        _ name: why_listener_name, netns: UInt32, port: UInt16, inode: UInt32
    ) -> Listener {
        let isIPv6 = UInt32(name.family) == WHY_IPV6.rawValue
        return Listener(
            netns: netns, address: IPAddress(name.address, isIPv6 ? .ipv6 : .ipv4), port: port,
            inode: inode, isDualStack: isIPv6 && name.v6only == 0, isReusePort: name.reuseport != 0,
            cgroup: name.cgroup == 0 ? nil : name.cgroup, isInCgroup: name.in_cgroup != 0)
    }

    /// What a listener lost since the trace began.
    static func state(_ raw: why_listener_stats) -> ListenerState {
        var drops = ListenDrops()
        withUnsafeBytes(of: raw.causes) { bytes in
            for (cause, count) in zip(ListenCause.allCases, bytes.bindMemory(to: UInt64.self)) {
                drops[cause] = count
            }
        }
        withUnsafeBytes(of: raw.mib) { bytes in
            let counters = bytes.bindMemory(to: UInt64.self)
            drops.listenDrops = counters[Int(WHY_MIB_LISTEN_DROPS.rawValue)]
            drops.listenOverflows = counters[Int(WHY_MIB_LISTEN_OVERFLOWS.rawValue)]
            drops.requestQueueFullDrops = counters[Int(WHY_MIB_REQUEST_QUEUE_DROP.rawValue)]
            drops.requestQueueFullCookies = counters[Int(WHY_MIB_REQUEST_QUEUE_COOKIES.rawValue)]
        }
        var state = ListenerState()
        state.drops = drops
        state.firstLoss = raw.first_ns
        state.lastLoss = raw.last_ns
        return state
    }

    static func loss(_ bytes: RawSpan) -> ListenLoss? {
        guard let raw = bytes.read(why_loss_event.self), let cause = ListenCause(rawValue: Int(raw.cause))
        else { return nil }
        let family: AddressFamily? =
            switch UInt32(raw.family) {
            case WHY_IPV4.rawValue: .ipv4
            case WHY_IPV6.rawValue: .ipv6
            default: nil
            }
        return ListenLoss(
            time: raw.time_ns, cause: cause, netns: raw.netns, inode: raw.inode,
            local: family.map { IPAddress(raw.local, $0) }, localPort: raw.local_port,
            remote: family.map { IPAddress(raw.remote, $0) }, remotePort: raw.remote_port,
            acceptQueue: raw.accept_queue, backlog: raw.backlog, synQueue: raw.syn_queue)
    }

    /// What went through a listener's accept queue since the trace began.
    static func accepted(_ raw: why_accept_stats, seesArrivals: Bool) -> AcceptStats {
        var stats = AcceptStats(arrivals: seesArrivals ? raw.arrivals : nil)
        stats.accepts = raw.accepts
        stats.lostOnClose = raw.lost_on_close
        stats.wait = Distribution(raw.waits, raw.wait_ns_sum, raw.wait_ns_max, raw.wait_ns_hist)
        stats.depth = Distribution(raw.arrivals, raw.depth_sum, raw.depth_max, raw.depth_hist)
        return stats
    }

    /// The sockets in a piece of what the iterator wrote, and the bytes that
    /// belong to the next one.
    static func sockets(
        _ bytes: RawSpan, netns: UInt32, somaxconn: UInt32?, _ body: (Listener, ListenerState) -> Void
    ) {
        let size = MemoryLayout<why_listener>.size
        for number in 0..<bytes.byteCount / size {
            guard let raw = bytes.read(why_listener.self, at: number * size) else { return }
            var state = ListenerState()
            state.socketDrops = UInt64(raw.drops)
            state.queues = ListenQueues(
                acceptQueue: raw.accept_queue, backlog: raw.backlog, somaxconn: somaxconn,
                synQueue: raw.syn_queue, young: raw.young)
            body(listener(raw.name, netns: netns, port: raw.port, inode: raw.inode), state)
        }
    }
}

/// An address as the shared header has it: `WHY_ADDR_LEN` bytes, IPv4 in the first four.
@usableFromInline typealias RawAddress = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8,
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
)

extension IPAddress {
    init(_ raw: RawAddress, _ family: AddressFamily) {
        self.init(family: family, bytes: unsafeBitCast(raw, to: InlineArray<16, UInt8>.self))
    }
}
