// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes

/// The port ranges of the destinations that are connected to, wherever they are.
struct RangeWatch {
    private let coverage: ConnectCoverage
    private var probe: RangeProbe?
    private var complained = false
    private var namespaces: [UInt32: OpenNamespace] = [:]
    private var recycled: [UInt32: UInt64] = [:]
    /// Walking every socket costs more than an interval's tracing: this bounds it.
    private let mostDestinations = 256

    init(_ coverage: ConnectCoverage) {
        self.coverage = coverage
    }

    /// The ranges now, of the destinations of `keys`.
    mutating func measure(
        _ keys: some Collection<ConnectKey>, own: [Destination: ClosedRange<UInt16>]
    ) -> [PortRange] {
        var wanted: [UInt32: Set<Destination>] = [:]
        var processes: [UInt32: UInt32] = [:]
        for key in keys.prefix(mostDestinations) {
            guard let address = key.destination else { continue }
            wanted[key.netns, default: []].insert(
                Destination(netns: key.netns, address: address, port: key.port))
            processes[key.netns] = key.pid
        }
        guard !wanted.isEmpty, let probe = opened() else { return [] }
        var ranges: [PortRange] = []
        for (inode, destinations) in wanted {
            // A namespace that has gone, with its processes, has no ports to hold.
            guard let namespace = namespace(inode, near: processes[inode]) else { continue }
            let measured: RangeProbe.Measurement
            do {
                measured = try probe.measure(destinations, in: namespace.value, own: own)
            } catch {
                complain(error)
                continue
            }
            let before = recycled[inode]
            recycled[inode] = measured.recycled
            for var range in measured.ranges {
                if let before, let now = measured.recycled { range.recycled = now &- before }
                ranges.append(range)
            }
        }
        return ranges
    }

    private mutating func opened() -> RangeProbe? {
        if probe == nil, !complained {
            do { probe = try RangeProbe(coverage) } catch { complain(error) }
        }
        return probe
    }

    /// Why ranges are missing, once.
    private mutating func complain(_ error: any Error) {
        if !complained { Output.error("tcpwhy: no port ranges: \(error)\n") }
        complained = true
    }

    private mutating func namespace(_ inode: UInt32, near pid: UInt32?) -> OpenNamespace? {
        if let known = namespaces[inode] { return known }
        let pid = pid.map { Int32(bitPattern: $0) }
        guard let found = try? NetworkNamespace.find(inode: inode, near: pid) else { return nil }
        let open = OpenNamespace(found)
        namespaces[inode] = open
        return open
    }
}
