// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Model
import Probes
import Report

/// What one report of `tcpwhy ports` takes when the kernel's table holds many keys, all of
/// them with something new.
struct Table: ~Copyable {
    private let object: BPFObject
    private let keys: Int
    private let coverage = ConnectCoverage(backend: .fentry, method: .derived, bind: true)

    init(keys: Int) throws(BPFError) {
        let image = why_connect_object()
        let object = try BPFObject(
            bytes: UnsafeRawBufferPointer(start: image.bytes, count: image.size), name: "table")
        try object.only(programs: [])
        try object.setMaxEntries(map: "stats", 16384)
        try object.load()
        self.object = object
        self.keys = keys
    }

    func measure(rounds: Int) throws(BPFError) {
        let map = try object.map(named: "stats")
        var last = PortsSnapshot(
            time: 0, wallTime: 0, backend: .fentry, connects: [:], ranges: [], loss: Loss())
        for round in 1...rounds {
            try fill(map, round)
            var snapshot = Meter(), difference = Meter(), table = Meter(), json = Meter()
            let now = try snapshot.measure { () throws(BPFError) in
                PortsSnapshot(
                    time: UInt64(round) * 1_000_000_000, wallTime: Double(round), backend: .fentry,
                    connects: try ConnectTable(map, sees: coverage).connects, ranges: [], loss: Loss())
            }
            let interval = difference.measure { now.since(last) }
            let text = table.measure { PortsTable().text(interval) }
            let lines = json.measure { PortsJSON.interval(interval) }
            guard interval.connects.count == keys, !text.isEmpty, !lines.isEmpty else {
                throw BPFError(.map, "read \(keys) keys", detail: "got \(interval.connects.count)")
            }
            snapshot.report("snapshot", by: "tcpwhy", count: keys)
            difference.report("difference", by: "tcpwhy", count: keys)
            table.report("table", by: "tcpwhy", count: keys)
            json.report("json", by: "tcpwhy", count: keys)
            last = now
        }
    }

    /// Totals that grow with each round, of searches that took times of eight buckets.
    private func fill(_ map: borrowing BPFMap, _ round: Int) throws(BPFError) {
        var stats = why_connect_stats()
        let count = UInt64(8 * round)
        stats.connects = count
        stats.searches = count
        stats.search_ns_sum = count * 500
        stats.search_ns_max = 900
        stats.calls = count
        stats.call_ns_sum = count * 20_000
        stats.call_ns_max = 30_000
        stats.tried = count
        stats.tried_sum = count * 3
        stats.tried_max = 9
        stats.certain = count
        func spread(_ buckets: inout some BitwiseCopyable, from first: Int) {
            withUnsafeMutableBytes(of: &buckets) {
                let counts = $0.bindMemory(to: UInt32.self)
                for bucket in first..<first + 8 { counts[bucket] = UInt32(round) }
            }
        }
        spread(&stats.search_ns_hist, from: 48)
        spread(&stats.call_ns_hist, from: 90)
        spread(&stats.tried_hist, from: 1)
        for number in 0..<keys {
            var key = why_connect_key()
            key.pid = UInt32(1000 + number)
            key.netns = 4_026_531_840
            key.family = UInt8(WHY_IPV4.rawValue)
            key.remote.0 = 10
            key.remote.3 = UInt8(number % 200)
            key.port = 9000
            withUnsafeMutableBytes(of: &key.comm) { $0.copyBytes(from: "nginx".utf8) }
            try map.update(key, stats)
        }
    }
}
