// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// SYNs each from another address and port that nobody has, by the hundred thousand; in an
/// emulator still more than any table has rows (8,192): they change no total and fill no memory.
extension KernelTests.DropsTests {
    private static let floodPart = Lab.isEmulated ? 8 : 1

    @Test(arguments: Lab.backends)
    func aFloodOfSYNs(backend: Backend) throws {
        let namespace = try Namespace()
        // The answers die elsewhere: so many ports have no room in the table of dropped packets.
        let nowhere = try Namespace()
        try namespace.addDeadNetwork(ending: nowhere)
        let floods: [(port: UInt16, cookies: Int, count: Int)] = [
            (7001, 0, 60_000 / Self.floodPart), (7002, 1, 70_000 / Self.floodPart),
            (7003, 2, 70_000 / Self.floodPart),
        ]
        let servers = try floods.map { flood in
            try Load("-L -n 0 -B 8 -i 600 10.99.0.1 \(flood.port)", in: namespace)
        }
        for server in servers { _ = try server.result() }
        // The trace of sockets' own counters has no events.
        let events = backend == .tracepoint ? [] : ["--events"]
        let tracer = try Tracer.drops(backend, events + ["--netns", namespace.name])
        // What starting took; the flood may add the buffers of its events, and no more.
        let atStart = try tracer.child.memory("VmHWM")
        let before = try Losses(of: namespace)
        var arrived: [UInt16: Int] = [:]
        let began = Date()
        for (port, cookies, count) in floods {
            try namespace.set("ipv4/tcp_syncookies", "\(cookies)")
            let arrivedBefore = try namespace.counter("Tcp", "InSegs")
            try Load.run("-c -Y 10.99.0.2 -n \(count) 10.99.0.1 \(port)", in: namespace)
            // Some may still wait for their CPU, and must not see the next setting.
            _ = try Losses(atRestIn: namespace)
            arrived[port] = try namespace.counter("Tcp", "InSegs") - arrivedBefore
        }
        let seconds = Date().timeIntervalSince(began)
        let truth = try Losses(atRestIn: namespace) - before
        let memory = try tracer.child.memory("VmHWM")
        let resident = try tracer.child.memory("VmRSS")
        let trace = try tracer.finishDrops()

        expect(trace, has: truth)
        #expect(memory - atStart < 6 << 20)
        #expect(resident < 25 << 20)
        // A few found a place in the SYN queue, and more when those were given up.
        #expect((1...arrived[7001]!).contains(truth.queueFullDrops) && truth.drops == truth.queueFullDrops)
        #expect(truth.queueFullCookies > arrived[7003]!)
        if backend != .tracepoint {
            let rows = Dictionary(uniqueKeysWithValues: trace.rows.map { ($0.port, $0.causes ?? [:]) })
            #expect(rows[7001]?.occurred == [Cause.synQueueFull.rawValue: truth.drops])
            #expect(rows[7003]?.occurred == [Cause.synCookieSent.rawValue: arrived[7003]!])
            let unsent = trace.summary.eventsSuppressed + trace.summary.lost.ring
            #expect(trace.lossCount + unsent == truth.drops + truth.queueFullCookies)
            #expect(trace.lossCount > 0)
        }
        let sent = floods.map(\.count).reduce(0, +)
        Lab.figure(
            "\(backend.rawValue), flood of \(sent) SYNs in \(Int(seconds)) s: \(truth.drops) drops, "
                + "\(truth.queueFullCookies) cookies, \(trace.lossCount) events, "
                + "\(trace.summary.eventsSuppressed) suppressed, \(trace.summary.lost.ring) lost, "
                + "\(memory >> 10) KiB at most, \(atStart >> 10) at the start, \(resident >> 10) at the end")
    }
}
