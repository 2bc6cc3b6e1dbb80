// SPDX-License-Identifier: Apache-2.0
import BPF
import Foundation

/// The count of ports by oracle.bpf.c, which knows nothing of tcpwhy.
final class Oracle {
    /// One connect that found a port, as `struct found`.
    struct Found {
        var beganNs: UInt64
        var tid: UInt32
        var tried: UInt32
        var port: UInt32
    }

    private final class Probe {
        let program: String
        let link: Link
        init(_ program: String, _ link: consuming Link) {
            self.program = program
            self.link = link
        }
    }

    private let object: BPFObject
    private var probes: [Probe] = []

    init() throws {
        guard let bytes = FileManager.default.contents(atPath: Lab.oracle) else {
            throw TestFailure("there is no \(Lab.oracle)")
        }
        let image = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        defer { image.deallocate() }
        image.copyBytes(from: bytes)
        object = try BPFObject(bytes: UnsafeRawBufferPointer(image), name: "oracle")
        try object.load()
        for (program, function) in [
            ("oracle_connect4", "tcp_v4_connect"), ("oracle_connect6", "tcp_v6_connect"),
            ("oracle_check4", "__inet_check_established"),
            ("oracle_check6", "__inet6_check_established"), ("oracle_found", "tcp_connect"),
        ] {
            probes.append(
                Probe(program, try object.attachKprobe(program: program, function: function, isReturn: false))
            )
        }
    }

    /// Calls so far that the kernel ran without one of its programs: it refuses a kprobe's where a
    /// map is being read, which may be preempted (`bpf_disable_instrumentation`), and says so from
    /// Linux 6.7 on. Earlier kernels of the matrix do not preempt there.
    func missed() throws -> Int {
        try probes.reduce(0) { sum, probe in
            let refused = try object.programInfo(probe.program).recursionMisses ?? 0
            return sum + Int(refused + (probe.link.missed ?? 0))
        }
    }

    /// Calls of the checks of one port so far.
    func checks() throws -> UInt64 {
        try object.map(named: "calls").lookupPerCPU(UInt32(0), as: UInt64.self)?.reduce(0, +) ?? 0
    }

    /// Every connect so far that found a port.
    func found() throws -> [Found] {
        var all: [Found] = []
        var ring = try RingBuffer(object.map(named: "found"))
        ring.consume { record in
            all.append(
                Found(
                    beganNs: record.read(at: 0) ?? 0, tid: record.read(at: 8) ?? 0,
                    tried: record.read(at: 12) ?? 0, port: record.read(at: 16) ?? 0))
        }
        let lost = try object.map(named: "lost").lookupPerCPU(UInt32(0), as: UInt64.self)
        guard lost?.reduce(0, +) == 0 else { throw TestFailure("the oracle's ring was full") }
        return all
    }
}

extension Oracle {
    /// Puts each event together with what the oracle saw of the same connect: the same thread and port,
    /// in the same order; at the nearest time, where one of the two missed some.
    static func pairs(
        _ events: [Trace.Event], _ found: [Found]
    ) throws -> [(event: Trace.Event, found: Found)] {
        let offset = clock(CLOCK_REALTIME) - clock(CLOCK_MONOTONIC)
        let candidates = Dictionary(grouping: found) { [$0.tid, $0.port] }
        return try Dictionary(grouping: events) { [$0.tid, UInt32($0.sourcePort ?? 0)] }.flatMap {
            key, events in
            var left = (candidates[key] ?? []).sorted { $0.beganNs < $1.beganNs }
            let times = try events.map { (event: $0, time: try milliseconds($0.time)) }
            let inOrder = times.sorted { $0.time < $1.time }
            if inOrder.count == left.count { return zip(inOrder, left).map { ($0.event, $1) } }
            return try inOrder.map { event, time in
                func distance(_ found: Found) -> Int64 {
                    let wall = (Int64(found.beganNs) + offset) / 1_000_000 % 86_400_000
                    return abs(wall - time)
                }
                guard let best = left.indices.min(by: { distance(left[$0]) < distance(left[$1]) }) else {
                    throw TestFailure("no connect by thread \(key[0]) took port \(key[1])")
                }
                return (event, left.remove(at: best))
            }
        }
    }

    private static func clock(_ id: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(id, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Since midnight, of "2026-01-31T12:34:56.789Z".
    private static func milliseconds(_ text: String) throws -> Int64 {
        let digits = text.split { !$0.isNumber }.compactMap { Int64($0) }
        guard digits.count == 7 else { throw TestFailure("no time: \(text)") }
        return ((digits[3] * 60 + digits[4]) * 60 + digits[5]) * 1000 + digits[6]
    }
}
