// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Host
import Model
import Probes

/// Listening sockets, dropped packets and connection tracking over one run.
final class ListenObserver {
    var backend: Backend { probe.backend }
    private let probe: ListenerProbe
    /// `nil`: not to be had here.
    private let accepts: AcceptProbe?
    private let packets: PacketProbe?
    private let conntrack: ConntrackWatch
    private var watch: ListenerWatch
    private var first: DropsSnapshot?
    private var last: DropsSnapshot?
    private var owners: [UInt32: [SocketOwner]] = [:]
    /// Whose owners were looked for.
    private var known: Set<UInt32> = []
    /// As last seen, also of sockets that are closed by now.
    private var queues: [Listener: ListenQueues] = [:]
    /// How full each accept queue was at each look.
    private(set) var depths: [Listener: Distribution] = [:]

    init(netns: OpenNamespace?, backend: Backend?) throws {
        do throws(ProbeError) {
            probe = try ListenerProbe(netns: netns?.inode, backend: backend, peers: true)
        } catch {
            throw Failure(error)
        }
        do throws(ProbeError) {
            accepts = try AcceptProbe(netns: netns?.inode, backend: backend)
        } catch {
            accepts = nil
            Output.error("tcpwhy: waits are not measured: \(error)\n")
        }
        do throws(ProbeError) {
            var options = PacketOptions()
            options.netns = netns?.inode
            packets = try PacketProbe(options, beside: probe)
        } catch {
            packets = nil
            Output.error("tcpwhy: no dropped packets: \(error)\n")
        }
        conntrack = ConntrackWatch(netns: netns?.inode, backend: backend, beside: probe)
        watch = ListenerWatch(probe, accepts: accepts, only: netns)
    }

    /// From here on everything counts.
    func start() throws {
        try watch.startAccepts()
        do throws(ProbeError) { try probe.start() } catch { throw Failure(error) }
        first = try snapshot()
        last = first
        findOwners(of: Self.inodes(first?.listeners.keys))
    }

    /// Notes how full the queues are. What was lost is counted in the kernel, and read at the end.
    func look() throws {
        let seen = try watch.glance()
        for (listener, state) in seen {
            guard let now = state.queues else { continue }
            depths[listener, default: Distribution()].record(UInt64(now.acceptQueue))
            queues[listener] = now
        }
        // It may be gone by the next look, and with it the way to its owner.
        let sockets = Self.inodes(seen.keys)
        if !sockets.isSubset(of: known) { findOwners(of: sockets) }
    }

    /// From here on nothing counts.
    func stop() throws {
        do throws(ProbeError) {
            try accepts?.stop()
            try probe.stop()
        } catch {
            throw Failure(error)
        }
        last = try snapshot(isLast: true)
        findOwners(of: Self.inodes(last?.listeners.keys))
        do throws(ProbeError) {
            try accepts?.detach()
            try probe.detach()
            try packets?.detach()
            try conntrack.detach()
        } catch {
            throw Failure(error)
        }
    }

    /// All of the run, after `stop`.
    func result() -> Seen<DropsInterval> {
        guard let first, let last else { return .not("the trace did not start") }
        var interval = last.withEnded.since(first)
        interval.owners = owners
        for (listener, seen) in queues where interval.listeners[listener]?.queues == nil {
            interval.listeners[listener]?.queues = seen
        }
        return .seen(interval)
    }

    private func snapshot(isLast: Bool = false) throws -> DropsSnapshot {
        var snapshot = try watch.look(isLast: isLast)
        do throws(ProbeError) {
            if let packets {
                let reading = try packets.read()
                snapshot.packets = reading.packets
                snapshot.endedPackets = reading.ended
                snapshot.loss.merge(try packets.loss())
            }
            try conntrack.complete(&snapshot)
        } catch {
            throw Failure(error)
        }
        return snapshot
    }

    /// Of the sockets that have one.
    private static func inodes(_ listeners: (some Sequence<Listener>)?) -> Set<UInt32> {
        guard let listeners else { return [] }
        return Set(listeners.lazy.map(\.inode)).subtracting([0])
    }

    /// Who holds the sockets now; those that died meanwhile keep whom they had.
    private func findOwners(of sockets: Set<UInt32>) {
        known = sockets
        owners.merge(SocketOwners.find(known)) { $1 }
    }
}
