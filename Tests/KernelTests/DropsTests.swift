// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// What listening sockets lose, against the kernel's own counters.
    @Suite struct DropsTests {
        /// Three slow servers, each with a queue of its own length, under many loads
        /// from two processes each; what was lost before the trace is in no number. Each
        /// process stays on its CPU: a client's reset that another CPU handles along with
        /// its ACK adds to the socket's own counter, and to no other.
        @Test(arguments: Lab.backends)
        func everyLossOfThreeListeners(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.sendNoCookies()
            let ports: [UInt16: Int] = [7001: 3, 7002: 23, 7003: 43]
            var servers: [UInt16: Load] = [:]
            for (port, backlog) in ports {
                servers[port] = try Load("-l -m 5 -n 0 -B \(backlog) -i 600 127.0.0.1 \(port)", in: namespace)
            }
            for server in servers.values { _ = try server.result() }
            func load() throws {
                let loads = try (Array(ports.keys) + ports.keys).map {
                    try Load("-s -c -q -t 2 -n 50 127.0.0.1 \($0)", in: namespace)
                }
                for load in loads { load.go() }
                for load in loads {
                    #expect(try load.result().connects == 50)
                    try load.wait()
                }
            }
            try load()
            let rounds = Lab.isEmulated ? 3 : 10
            let run = try DropsRun(backend, in: namespace) {
                for _ in 0..<rounds { try load() }
            }
            expect(run.trace, has: run.truth)
            #expect(run.truth.drops > 0 && run.truth.overflows + run.truth.queueFullDrops == run.truth.drops)
            for (port, backlog) in ports {
                let row = try run.row(port)
                let server = servers[port]!
                // Each thread's handshake may find the last place free.
                #expect(row.backlog == backlog && row.acceptQueue ?? -1 <= backlog + 1 + 4)
                #expect(row.pid == [server.pid] && row.comm == "tcpload")
                #expect(row.fd.map { server.sockets[$0] } == [row.inode])
                #expect(row.netns == namespace.inode && row.family == "ipv4" && row.address == "127.0.0.1")
                #expect(!row.closed && !row.reuseport && !row.dualStack)
                #expect(row.backend == backend.rawValue)
            }
            let causes = run.trace.summary.causes ?? [:]
            Lab.figure(
                "\(backend.rawValue), three listeners, \(rounds * 300) SYNs: ListenDrops \(run.truth.drops), "
                    + "EmbryonicRsts \(run.truth.resets), \(causes.occurred)")
        }

        /// Each CPU has rows for 32 listeners; what others lose is counted all the same.
        @Test(arguments: Lab.backends)
        func moreListenersThanACPUHasRowsFor(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.sendNoCookies()
            try namespace.addDeadNetwork()
            let servers = try [7001, 7002].map {
                try Load("-L -n 0 -B 1 -R 64 -i 600 10.99.0.1 \($0)", in: namespace)
            }
            for server in servers { _ = try server.result() }
            let run = try DropsRun(backend, in: namespace) {
                let count = Lab.isEmulated ? 1200 : 2000
                // No handshake twice: the second one would be no drop of the kernel's.
                for (ghost, port) in [(2, 7001), (3, 7002), (4, 7001)] {
                    try Load.run("-c -Y 10.99.0.\(ghost) -n \(count) 10.99.0.1 \(port)", in: namespace)
                }
            }
            expect(run.trace, has: run.truth)
            #expect(run.truth.drops > 3000)
            let rows = run.trace.rows.filter { $0.skDrops ?? 0 > 0 }
            #expect(rows.count == 128 && Set(rows.map(\.inode)).count == 128)
            if backend != .tracepoint {
                #expect(rows.allSatisfy { $0.listenDrops == $0.skDrops })
            }
        }

        /// One that closes under load, and one that opens and closes between two looks
        /// at the sockets: what they lost stays, and whose the one was that was seen.
        @Test(arguments: Lab.backends)
        func aClosedListenerKeepsItsLosses(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.sendNoCookies()
            let closing = try Load("-L -n 0 -B 3 -i 600 127.0.0.1 7001", in: namespace)
            let staying = try Load("-L -n 0 -B 3 -i 600 127.0.0.1 7002", in: namespace)
            for load in [closing, staying] { _ = try load.result() }
            let run = try DropsRun(backend, in: namespace) {
                let brief = try Load("-L -n 0 -B 3 -i 600 127.0.0.1 7003", in: namespace)
                _ = try brief.result()
                let loads = try (7001...7003).map { port in
                    try Load.run("-q -n 30 127.0.0.1 \(port)", in: namespace)
                    return try Load("-s -q -t 2 -d 0.8 127.0.0.1 \(port)", in: namespace)
                }
                let before = try namespace.counter("TcpExt", "ListenDrops")
                for load in loads { load.go() }
                #expect(try Lab.wait { try namespace.counter("TcpExt", "ListenDrops") > before })
                for load in [closing, brief] { try load.end() }
                for load in loads { try load.wait() }
            }
            expect(run.trace, has: run.truth)
            #expect(run.truth.drops > 0)
            // Where only the sockets can be asked, nobody has seen the brief one.
            for port in backend == .tracepoint ? [7001] : [7001, 7003] as [UInt16] {
                let row = try run.row(port)
                #expect(row.closed && row.pid == (port == 7001 ? [closing.pid] : []))
                #expect(row.comm == (port == 7001 ? "tcpload" : nil) && row.fd.count == row.pid.count)
                #expect(row.backlog == nil && row.acceptQueue == nil && row.synQueue == nil)
                #expect(row.inode != nil)
                if backend != .tracepoint { #expect(row.listenDrops ?? 0 > 0) }
            }
            let row = try run.row(7002)
            #expect(!row.closed && row.pid == [staying.pid] && row.skDrops ?? 0 > 0)
            let queues = try namespace.acceptQueues()
            #expect(row.acceptQueue == queues[try #require(row.inode)] && row.acceptQueue ?? 0 >= 4)
        }

        /// Many tcpwhy at once, each with another filter; what a filter hides is still
        /// known to be somebody's.
        @Test(.onOneKernel, arguments: Lab.anyBackend)
        func eachFilterShowsExactlyItsOwn(backend: Backend) throws {
            let here = try Namespace()
            let there = try Namespace()
            let other = try OtherName()
            let listen = "-L -n 0 -B 8 -i 600"
            let servers = [
                "a": try Load("\(listen) 127.0.0.1 7001", in: here),
                "b": try Load(path: other.path, "\(listen) 0.0.0.0 7002", in: here),
                "c": try Load("\(listen) ::1 7003", in: here),
                "d": try Load("\(listen) 127.0.0.1 7001", in: there),
            ]
            for server in servers.values { _ = try server.result() }
            let local = ["--netns", here.name]
            let cases: [(filter: [String], selects: String)] = [
                (["--netns", there.name], "d"),
                (local + ["-p", "\(servers["a"]!.pid)"], "a"),
                (local + ["-c", "tcpload"], "ac"),
                (local + ["--listener", "[::1]:7003"], "c"),
                (local + ["-c", other.name, "-P", "7002", "--listener", "0.0.0.0:7002"], "b"),
                (local + ["-c", "tcpload", "-P", "7002"], ""),
                (["-P", "7001"], "ad"),
            ]
            let before = [try Losses(of: here), try Losses(of: there)]
            let tracers = try cases.map { try Tracer("drops", starting: backend, $0.filter) }
            for tracer in tracers { try tracer.waitUntilItTraces() }
            let counts = ["a": 20, "b": 30, "c": 40, "d": 50]
            for (address, port, name) in [
                ("127.0.0.1", 7001, "a"), ("127.0.0.1", 7002, "b"), ("::1", 7003, "c"),
            ] {
                try flood(address, UInt16(port), counts[name]!, in: here)
            }
            try flood("127.0.0.1", 7001, counts["d"]!, in: there)
            let truth = [
                try Losses(atRestIn: here) - before[0], try Losses(atRestIn: there) - before[1],
            ]
            #expect(truth[0].drops == 90 && truth[1].drops == 50)
            for (tracer, (filter, selects)) in zip(tracers, cases) {
                let trace = try tracer.finishDrops()
                // Others may listen in other namespaces.
                let rows = trace.rows.filter { [here.inode, there.inode].contains($0.netns) }
                let shown = Set(rows.flatMap(\.pid))
                #expect(shown == Set(selects.map { servers[String($0)]!.pid }), "\(filter)")
                #expect(rows.count == selects.count, "\(filter)")
                for name in selects.map(String.init) {
                    let row = try #require(rows.first { $0.pid == [servers[name]!.pid] })
                    #expect(row.netns == (name == "d" ? there : here).inode)
                    #expect(row.skDrops == counts[name])
                    #expect(row.comm == (name == "b" ? other.name : "tcpload"))
                    if backend != .tracepoint { #expect(row.listenDrops == counts[name]) }
                }
                let sum = selects.reduce(0) { $0 + counts[String($1)]! }
                #expect(trace.summary.listenDrops == (backend == .tracepoint ? nil : sum), "\(filter)")
                #expect(trace.summary.notAttributed == (backend == .tracepoint ? nil : 0), "\(filter)")
                // Nobody but the test is in its namespaces.
                if filter.contains("--netns") {
                    #expect(truth[filter.contains(there.name) ? 1 : 0].isThat(of: trace.summary), "\(filter)")
                }
            }
        }

        /// Only the last ACK of a handshake that finds the queue full tells them apart.
        @Test(
            .enabled(if: !Lab.probing.isEmpty, "no backend here sees causes"),
            arguments: Lab.probing.suffix(1), [0, 1])
        func abortOnOverflow(backend: Backend, abort: Int) throws {
            let namespace = try Namespace()
            try namespace.sendNoCookies()
            try namespace.set("ipv4/tcp_abort_on_overflow", "\(abort)")
            let servers = try (1...4).map {
                try Load("-L -n 0 -B \($0) -i 600 127.0.0.1 \(7000 + $0)", in: namespace)
            }
            for server in servers { _ = try server.result() }
            let run = try DropsRun(backend, in: namespace) {
                for port in 7001...7004 {
                    // Kept until all is quiet: else a client's own reset may cross the server's.
                    let load = try Load("-q -k -t 4 -n 60 -i 600 127.0.0.1 \(port)", in: namespace)
                    _ = try load.result()
                    _ = try Losses(atRestIn: namespace)
                    try load.end()
                }
            }
            expect(run.trace, has: run.truth)
            #expect(run.truth.drops > 0)
            let wrong = abort == 1 ? Cause.acceptQueueFullACK : .acceptQueueFullReset
            #expect(run.trace.summary.causes?[wrong] == 0)
            Lab.figure(
                "\(backend.rawValue), abort_on_overflow=\(abort): \(run.trace.summary.causes?.occurred ?? [:])"
            )
        }

        /// An event per loss, or it is said that there is none; a flood changes no total.
        @Test(.enabled(if: !Lab.probing.isEmpty, "no backend here sees causes"), arguments: Lab.probing)
        func eventsAndSuppressedOnesAddUp(backend: Backend) throws {
            let namespace = try Namespace()
            let server = try Load("-L -n 0 -B 8 -i 600 127.0.0.1 7003", in: namespace)
            _ = try server.result()
            // On a slow machine a SYN may get no further than its CPU's backlog.
            var arrived = 0
            let run = try DropsRun(backend, ["--events"], in: namespace) {
                try namespace.fillAcceptQueue("127.0.0.1", 7003, 9)
                let before = try namespace.counterAtRest("Tcp", "InSegs")
                try Load.run("-q -n 3000 127.0.0.1 7003", in: namespace)
                arrived = try namespace.counterAtRest("Tcp", "InSegs") - before
            }
            let trace = run.trace
            let drops = run.truth.drops
            #expect(drops == arrived && drops > 1000 && trace.summary.listenDrops == drops)
            #expect(trace.summary.causes?.occurred == [Cause.acceptQueueFullSYN.rawValue: drops])
            #expect(trace.lossCount + trace.summary.eventsSuppressed + trace.summary.lost.ring == drops)
            Lab.figure(
                "\(backend.rawValue), drops --events: \(trace.lossCount) events, "
                    + "\(trace.summary.eventsSuppressed) suppressed, \(trace.summary.lost.ring) lost")
            #expect(!trace.losses.isEmpty)
            for loss in trace.losses {
                #expect(loss.address == "127.0.0.1" && loss.port == 7003 && loss.peer == "127.0.0.1")
                #expect(loss.backlog == 8 && loss.netns == namespace.inode && loss.peerPort ?? 0 > 0)
                #expect(loss.cause == Cause.acceptQueueFullSYN.rawValue && loss.acceptQueue == 9)
            }
        }

        /// Refused connects are dropped packets with a reason, where the kernel has reasons.
        @Test(arguments: Lab.backends)
        func droppedPackets(backend: Backend) throws {
            let namespace = try Namespace()
            let run = try DropsRun(backend, in: namespace) {
                let refused = try Load.run("-n 100 127.0.0.1 7999", in: namespace)
                #expect(refused.failed == ["ECONNREFUSED": 100])
            }
            expect(run.trace, has: run.truth)
            let refused = run.trace.packets.filter { $0.port == 7999 }
            // In a process that may be preempted the tracepoint can miss, and says so.
            let missed = run.trace.summary.packetsMissed
            #expect((100 - missed...100).contains(refused.reduce(0) { $0 + $1.count }))
            for packet in refused {
                #expect(packet.protocol == "tcp" && packet.netns == namespace.inode)
                #expect(packet.location.hasPrefix("tcp_v4_rcv+0x"))
                #expect(packet.reason == "NO_SOCKET" || packet.reason == nil)
                #expect(packet.class == "drop")
            }
            #expect(Lab.kernel == "5.10" || refused.allSatisfy { $0.reason != nil })
        }

        /// Fills the accept queue of a server that accepts nothing, then sends so many
        /// SYNs in vain.
        private func flood(
            _ address: String, _ port: UInt16, _ count: Int, in namespace: Namespace
        ) throws {
            try namespace.fillAcceptQueue(address, port, 9)
            try Load.run("-q -n \(count) \(address) \(port)", in: namespace)
        }
    }
}
