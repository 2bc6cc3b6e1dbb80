// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Each cause by itself, with a number that is known beforehand.
extension KernelTests.DropsTests {
    /// One trace serves all of these tests, a port for each: it takes a second or two
    /// to begin one under an emulator.
    private struct Lost {
        var run: DropsRun
        /// Of the SYNs to a port, those that were answered.
        var answered: [UInt16: Int]
        /// The handshakes of a port that were half open after its SYNs.
        var halfOpen: [UInt16: Int]
        /// Those that still were after the trace: the kernel gives them up after some
        /// seconds, and a slow machine takes that long.
        var stillOpen: [UInt16: Int]
        /// By the listening socket's inode.
        var acceptQueues: [UInt32: Int]
        var servers: [UInt16: Server]

        func mayHave(synQueue: Int?, _ port: UInt16) -> Bool {
            guard let synQueue, let most = halfOpen[port], let least = stillOpen[port] else { return false }
            return least <= synQueue && synQueue <= most
        }
    }

    private struct Server {
        var pid: UInt32
        var sockets: [UInt32: UInt32]
    }

    private nonisolated(unsafe) static var traced: [Backend: Lost] = [:]

    private func lost(_ backend: Backend) throws -> Lost {
        if let known = Self.traced[backend] { return known }
        let maker = try LossMaker()
        let namespace = maker.namespace
        let run = try DropsRun(backend, in: namespace) {
            try maker.failHandshakes()
            try maker.failOtherwise()
            // Last, since half-open handshakes are given up after a few seconds.
            try maker.fillSYNQueues()
        }
        let lost = Lost(
            run: run, answered: maker.answered, halfOpen: maker.halfOpen,
            stillOpen: try maker.halfOpen.reduce(into: [:]) { $0[$1.key] = try namespace.halfOpen($1.key) },
            acceptQueues: try namespace.acceptQueues(),
            servers: maker.servers.mapValues { Server(pid: $0.pid, sockets: $0.sockets) })
        Self.traced[backend] = lost
        return lost
    }

    /// The line of a port has these causes and no other, and its socket's own counter
    /// is what they add up to.
    @discardableResult
    private func expect(
        _ port: UInt16, of lost: Lost, has causes: [Cause: Int],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> DropsTrace.Row {
        let row = try lost.run.row(port, sourceLocation: sourceLocation)
        let named = [String: Int](uniqueKeysWithValues: causes.map { ($0.key.rawValue, $0.value) })
        if row.backend != "tracepoint" {
            #expect(row.causes?.occurred == named, sourceLocation: sourceLocation)
        }
        #expect(row.skDrops == named.sum(\.socketDrops), sourceLocation: sourceLocation)
        return row
    }

    @Test(arguments: Lab.backends)
    func theKernelCountsTheSame(backend: Backend) throws {
        let lost = try lost(backend)
        expectTheKernelsCounts(lost.run)
        let causes = lost.run.trace.summary.causes ?? [:]
        Lab.figure("\(backend.rawValue), causes: \(causes.occurred), \(lost.run.truth.tcpext)")
        if backend != .tracepoint {
            // What cannot be made to happen from outside.
            let impossible = [Cause.noMemory, .other]
            for cause in Cause.allCases where !impossible.contains(cause) {
                #expect(causes[cause] > 0, "\(cause)")
            }
        }
    }

    @Test(arguments: Lab.backends)
    func aFullSYNQueue(backend: Backend) throws {
        let lost = try lost(backend)
        let answered = lost.answered[7001]!
        // Up to 6.11 one less than the backlog's strict limit.
        #expect((8...9).contains(answered))
        let row = try expect(7001, of: lost, has: [.synQueueFull: 50 - answered])
        #expect(lost.halfOpen[7001] == answered && lost.mayHave(synQueue: row.synQueue, 7001))
        #expect(row.acceptQueue == 0 && row.backlog == 8)
    }

    @Test(arguments: Lab.backends)
    func theLastQuarter(backend: Backend) throws {
        let lost = try lost(backend)
        let row = try expect(7002, of: lost, has: [.lastQuarter: 37])
        #expect(lost.answered[7002] == 13 && lost.halfOpen[7002] == 13)
        #expect(lost.mayHave(synQueue: row.synQueue, 7002))
    }

    /// With tcp_syncookies=1 those that the SYN queue has no room for, with 2 all.
    @Test(arguments: Lab.backends)
    func cookiesAreNoDrops(backend: Backend) throws {
        let lost = try lost(backend)
        let room = lost.halfOpen[7003]!
        let row = try expect(7003, of: lost, has: [.synCookieSent: 50 - room])
        #expect((8...9).contains(room) && lost.answered[7003] == 50)
        #expect(lost.mayHave(synQueue: row.synQueue, 7003))
        if backend != .tracepoint { #expect(row.listenDrops == 0) }
        // Of the 50 that come back, 9 are taken.
        let all = try expect(7004, of: lost, has: [.synCookieSent: 50, .cookieAcceptQueueFull: 41])
        #expect(all.acceptQueue == 9 && all.backlog == 8 && all.synQueue == 0)
        #expect(lost.answered[7004] == 50)
    }

    @Test(arguments: Lab.backends)
    func theLastACKFindsAFullQueue(backend: Backend) throws {
        let lost = try lost(backend)
        let silent = try expect(7005, of: lost, has: [.acceptQueueFullACK: 6, .acceptQueueFullSYN: 10])
        #expect(silent.acceptQueue == 17)
        let reset = try expect(7006, of: lost, has: [.acceptQueueFullReset: 6, .acceptQueueFullSYN: 10])
        #expect(reset.acceptQueue == 17 && reset.synQueue == 0)
    }

    @Test(arguments: Lab.backends)
    func deferredAcceptsAreNoDrops(backend: Backend) throws {
        let lost = try lost(backend)
        let row = try expect(7007, of: lost, has: [.deferredAccept: 7])
        #expect(row.acceptQueue == 0)
    }

    @Test(arguments: Lab.backends)
    func noWayBack(backend: Backend) throws {
        let lost = try lost(backend)
        let refused = try expect(7008, of: lost, has: [.noRoute: 5])
        #expect(refused.synQueue == 0 && lost.answered[7008] == 0)
        let unreachable = try expect(7009, of: lost, has: [.icmpError: 5])
        #expect(unreachable.synQueue == 0)
    }

    @Test(arguments: Lab.backends)
    func bothFamiliesAtOneSocket(backend: Backend) throws {
        let row = try expect(7010, of: try lost(backend), has: [.acceptQueueFullSYN: 35])
        #expect(row.family == "ipv6" && row.address == "::" && row.dualStack && row.acceptQueue == 9)
    }

    /// The members of a group have a line each, under the same name.
    @Test(arguments: Lab.backends)
    func socketsThatShareAPort(backend: Backend) throws {
        let lost = try lost(backend)
        let rows = lost.run.trace.rows.filter { $0.port == 7011 }
        let server = lost.servers[7011]!
        #expect(rows.count == 4 && Set(rows.map(\.inode)).count == 4)
        for row in rows {
            #expect(row.reuseport && row.backlog == 3 && row.pid == [server.pid])
            #expect(row.acceptQueue ?? 0 >= 4)
            #expect(row.acceptQueue == lost.acceptQueues[try #require(row.inode)])
            #expect(row.fd.map { server.sockets[$0] } == [row.inode])
            #expect(row.skDrops ?? 0 > 0)
        }
    }

    @Test(arguments: Lab.backends)
    func whoHoldsItAndHowLongItsQueueIs(backend: Backend) throws {
        let lost = try lost(backend)
        // listen() was given 1000, net.core.somaxconn is 5.
        let row = try expect(7012, of: lost, has: [:])
        #expect(row.backlog == 5 && row.acceptQueue == 6)
        for (port, server) in lost.servers where port != 7011 {
            let row = try lost.run.row(port)
            #expect(row.pid == [server.pid] && row.comm == "tcpload" && !row.closed)
            #expect(row.fd.map { server.sockets[$0] } == [row.inode])
            #expect(row.dualStack == (port == 7010) && !row.reuseport)
        }
    }
}

/// Under another name than the suite's own.
private func expectTheKernelsCounts(_ run: DropsRun) {
    expect(run.trace, has: run.truth)
}

/// Makes listening sockets lose connections, each cause at a port of its own.
private final class LossMaker {
    let namespace: Namespace
    private(set) var servers: [UInt16: Load] = [:]
    private(set) var answered: [UInt16: Int] = [:]
    private(set) var halfOpen: [UInt16: Int] = [:]
    private let host = "10.99.0.1"
    /// Nobody has it.
    private let ghost = "10.99.0.2"

    init() throws {
        namespace = try Namespace()
        try namespace.addDeadNetwork()
        try namespace.sendNoCookies()
        for port: UInt16 in [7001, 7003, 7004] { try listen(port, "-B 8") }
        for port: UInt16 in [7005, 7006] { try listen(port, "-B 16") }
        try listen(7002, "-B 128")
        try listen(7007, "-B 8 -D 5")
        try listen(7008, "-B 8")
        try listen(7009, "-B 8")
        try listen(7010, "-B 8", at: "::")
        try listen(7011, "-B 3 -R 4")
        try namespace.set("core/somaxconn", "5")
        try listen(7012, "-B 1000")
        try namespace.set("core/somaxconn", "4096")
    }

    private func listen(_ port: UInt16, _ options: String, at address: String? = nil) throws {
        let server = try Load("-L -n 0 \(options) -i 600 \(address ?? host) \(port)", in: namespace)
        _ = try server.result()
        servers[port] = server
    }

    private func set(_ name: String, _ value: Int) throws {
        try namespace.set("ipv4/tcp_\(name)", "\(value)")
    }

    /// Sends SYNs from an address that never answers; how many were answered.
    private func sendSYNs(_ count: Int, to port: UInt16, from address: String? = nil) throws {
        let load = try Load.run("-c -y \(address ?? ghost) -n \(count) \(host) \(port)", in: namespace)
        answered[port] = load.succeeded
        halfOpen[port] = try namespace.halfOpen(port)
    }

    /// So many handshakes up to their last ACK; then `meanwhile`; then the ACKs, all on
    /// one CPU: two at once may each find the last place.
    private func handshakes(_ count: Int, to port: UInt16, _ meanwhile: () throws -> Void = {}) throws {
        let load = try Load("-c -y \(ghost) -f -n \(count) \(host) \(port)", in: namespace)
        answered[port] = try load.result().succeeded
        try meanwhile()
        load.go()
        try load.wait()
    }

    func fillSYNQueues() throws {
        try set("max_syn_backlog", 1024)
        try sendSYNs(50, to: 7001)
        try set("max_syn_backlog", 16)
        try sendSYNs(50, to: 7002)
        try set("max_syn_backlog", 1024)
        try set("syncookies", 1)
        try sendSYNs(50, to: 7003)
        try set("syncookies", 2)
        try handshakes(50, to: 7004)
    }

    func failHandshakes() throws {
        for (port, abort) in [(7005, 0), (7006, 1)] as [(UInt16, Int)] {
            try set("abort_on_overflow", abort)
            try handshakes(6, to: port) { try namespace.fillAcceptQueue(host, port, 17) }
            try Load.run("-q -n 10 \(host) \(port)", in: namespace)
        }
        try set("abort_on_overflow", 0)
        try handshakes(7, to: 7007)
    }

    func failOtherwise() throws {
        try sendSYNs(5, to: 7008, from: "203.0.113.1")
        // Whoever asks for the address there is told after a moment that nobody has it.
        try namespace.run(
            "ip link add dead1 type veth; ip link set dead1 up; ip link set veth1 up; "
                + "ip address add 10.98.0.1/24 dev dead1; cd /proc/sys/net/ipv4/neigh/dead1; "
                + "echo 1 >mcast_solicit; echo 100 >retrans_time_ms")
        try sendSYNs(5, to: 7009, from: "10.98.0.2")
        guard try Lab.wait(until: { try namespace.halfOpen(7009) == 0 }) else {
            throw TestFailure("no ICMP error ended the handshakes")
        }
        try namespace.fillAcceptQueue("127.0.0.1", 7010, 9)
        for (address, count) in [("127.0.0.1", 20), ("::1", 15)] {
            try Load.run("-q -n \(count) \(address) 7010", in: namespace)
        }
        // One at a time: handshakes that end at once may each find the last place.
        try Load.run("-c -q -n 200 \(host) 7011", in: namespace)
        try namespace.fillAcceptQueue(host, 7012, 6)
    }
}
