// SPDX-License-Identifier: Apache-2.0
import Model

/// The "listener" line, the same in `tcpwhy drops` and `tcpwhy listeners`: a contract
/// with scripts. What a command does not measure is null.
enum ListenerLine {
    static func write(
        _ row: DropsRow, of interval: DropsInterval, to buffer: inout [UInt8]
    ) {
        let listener = row.listener
        let state = row.state
        var line = JSONLine(kind: "listener", in: &buffer)
        line.time("time", seconds: interval.wallTime)
        line.number("interval_s", interval.duration)
        line.integer("netns", listener.netns)
        line.string("family", listener.address.family.rawValue)
        line.address("address", listener.address)
        line.integer("port", listener.port)
        line.integers("pid", row.owners.lazy.map(\.pid))
        line.string("comm", row.owners.first?.command)
        line.integer("backlog", state.queues?.backlog)
        line.integer("accept_queue", state.queues?.acceptQueue)
        line.causes("causes", state.drops)
        line.integer("listen_drops", state.drops?.listenDrops)
        line.integer("listen_overflows", state.drops?.listenOverflows)
        line.integer("sk_drops", state.socketDrops)
        line.distribution("wait_ns", state.accepted?.wait)
        line.string("backend", interval.backend.rawValue)
        line.integer("syn_queue", state.queues?.synQueue)
        line.integer("syn_queue_young", state.queues?.young)
        line.integers("fd", row.owners.lazy.map(\.descriptor))
        line.integer("inode", listener.inode == 0 ? nil : listener.inode)
        line.bool("dual_stack", listener.isDualStack)
        line.bool("reuseport", listener.isReusePort)
        line.bool("closed", state.isClosed)
        line.string("limited_by", limit(state.queues))
        line.integer("accepts", state.accepted?.accepts)
        line.integer("arrivals", state.accepted?.arrivals)
        line.depth("depth_seen", state.accepted?.depthSeen)
        line.string("wait_backend", interval.waitBackend?.rawValue)
        let peers = RefusedPeers(state)
        line.objects("peers", peers?.top ?? []) { line, peer in
            line.address("address", peer.address)
            line.integer("count", peer.count)
        }
        line.integer("peers_other", peers?.others)
        line.integer("cgroup", listener.cgroup)
        line.number("queues_age_s", state.queues?.age, decimals: 1)
        line.end(in: &buffer)
    }

    private static func limit(_ queues: ListenQueues?) -> String? {
        queues?.isLimitedBySomaxconn.map { $0 ? "somaxconn" : "backlog" }
    }
}

extension AcceptStats {
    /// `nil`: not measured.
    var depthSeen: Distribution? { arrivals == nil ? nil : depth }
}

extension JSONLine {
    /// Depths have no sum of use. Null if not measured; fields null if nothing came.
    mutating func depth(_ name: String, _ depth: Distribution?) {
        guard let depth else { return null(name) }
        object(name) { line in
            line.integer("p50", depth.quantile(0.5))
            line.integer("p99", depth.quantile(0.99))
            line.integer("max", depth.isEmpty ? nil : depth.maximum)
        }
    }
}
