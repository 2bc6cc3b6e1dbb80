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
        try object.setMaxEntries(map: "connect_rows", 16384)
        try object.load()
        self.object = object
        self.keys = keys
    }

    func measure(rounds: Int) throws(BPFError) {
        let map = try object.map(named: "connect_rows")
        var totals = Ledger<ConnectKey, ConnectStats>()
        var last = PortsSnapshot(
            time: 0, wallTime: 0, backend: .fentry, connects: [:], ranges: [], loss: Loss())
        for round in 1...rounds {
            try fill(map)
            var snapshot = Meter(), difference = Meter(), table = Meter(), json = Meter()
            let now = try snapshot.measure { () throws(BPFError) in
                totals.add(try ConnectTable(draining: map, 0, sees: coverage).connects)
                return PortsSnapshot(
                    time: UInt64(round) * 1_000_000_000, wallTime: Double(round), backend: .fentry,
                    connects: totals.rows, ranges: [], loss: Loss())
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

    /// Searches that took times of eight buckets.
    private func fill(_ map: borrowing BPFMap) throws(BPFError) {
        var row = why_connect_row()
        let count: UInt64 = 8
        row.stats.connects = count
        row.stats.searches = count
        row.stats.search_ns_sum = count * 500
        row.stats.search_ns_max = 900
        row.stats.calls = count
        row.stats.call_ns_sum = count * 20_000
        row.stats.call_ns_max = 30_000
        row.stats.tried = count
        row.stats.tried_sum = count * 3
        row.stats.tried_max = 9
        row.stats.certain = count
        func spread(_ buckets: inout some BitwiseCopyable, from first: Int) {
            withUnsafeMutableBytes(of: &buckets) {
                let counts = $0.bindMemory(to: UInt32.self)
                for bucket in first..<first + 8 { counts[bucket] = 1 }
            }
        }
        spread(&row.stats.search_ns_hist, from: 48)
        spread(&row.stats.call_ns_hist, from: 90)
        spread(&row.stats.tried_hist, from: 1)
        for number in 0..<keys {
            row.key.pid = UInt32(1000 + number)
            row.key.netns = 4_026_531_840
            row.key.family = UInt8(WHY_IPV4.rawValue)
            row.key.remote.0 = 10
            row.key.remote.3 = UInt8(number % 200)
            row.key.port = 9000
            withUnsafeMutableBytes(of: &row.key.comm) { $0.copyBytes(from: "nginx".utf8) }
            try map.update(UInt64(number), row)
        }
    }
}
