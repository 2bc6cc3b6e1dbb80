// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// What listening sockets lose: the sum over sockets is the kernel's own count.
    @Suite struct DropsTests {
        /// Where nobody accepts: what does not fit the backlog is lost.
        private struct Listening {
            let load: Load
            let port: UInt16
            let backlog: UInt32
        }

        /// Starts listeners, and fills them from four threads at once.
        private func fill(
            _ backlogs: [Int], _ address: String, _ connects: Int, from port: Int = 7000,
            in namespace: Namespace
        ) throws -> [Listening] {
            let loads = try backlogs.map { backlog in
                Listening(
                    load: try Load(
                        "-L -B \(backlog) -q -t 4 -n \(connects) -i 600 \(address) \(port + backlog)",
                        in: namespace),
                    port: UInt16(port + backlog), backlog: UInt32(backlog))
            }
            for listening in loads { _ = try listening.load.result() }
            return loads
        }

        /// Sums equal the kernel's counters; nothing is left over.
        private func expect(
            _ trace: DropsTrace, equals truth: ListenCounts, _ backend: Backend,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let summary = trace.summary
            let shown = summary.tcpext.filter { ListenCounts.names.contains($0.key) }
            #expect(shown == truth.values, sourceLocation: sourceLocation)
            guard backend.seesSearch else {
                #expect(summary.listenDrops == nil && summary.notAttributed == nil)
                #expect(trace.rows.allSatisfy { $0.causes == nil && $0.listenDrops == nil })
                return
            }
            #expect(trace.sum(\.listenDrops) == truth["ListenDrops"], sourceLocation: sourceLocation)
            #expect(trace.sum(\.listenOverflows) == truth["ListenOverflows"], sourceLocation: sourceLocation)
            #expect(summary.listenDrops == truth["ListenDrops"], sourceLocation: sourceLocation)
            #expect(summary.listenOverflows == truth["ListenOverflows"], sourceLocation: sourceLocation)
            #expect(summary.reqQueueFullDrop == truth["TCPReqQFullDrop"], sourceLocation: sourceLocation)
            #expect(
                summary.reqQueueFullCookies == truth["TCPReqQFullDoCookies"], sourceLocation: sourceLocation)
            #expect(summary.notAttributed == 0, sourceLocation: sourceLocation)
            for row in trace.rows {
                let causes = row.causes ?? [:]
                let drops = causes.reduce(0) { $0 + (Self.noDrops.contains($1.key) ? 0 : $1.value) }
                #expect(drops == row.listenDrops, sourceLocation: sourceLocation)
            }
            #expect(summary.lost.map == 0 && summary.lost.missed == 0, sourceLocation: sourceLocation)
        }

        private static let noDrops = ["syn_cookie_sent", "deferred_accept"]

        /// The sockets' own counters: 1 per dropped SYN or cookie, 2 per final ACK, and 1
        /// per request that its client resets, which is no drop.
        private func expectOwnCounters(
            _ trace: DropsTrace, resets: Int, sourceLocation: SourceLocation = #_sourceLocation
        ) {
            guard let causes = trace.summary.causes, let drops = trace.summary.listenDrops else { return }
            let atACK = causes["accept_queue_full_ack"] ?? 0
            #expect(trace.sum(\.skDrops) == drops + atACK + resets, sourceLocation: sourceLocation)
        }

        @Test(arguments: Lab.backends)
        func threeBacklogsTenTimes(backend: Backend) throws {
            for run in 1...10 {
                let namespace = try Namespace()
                let before = try ListenCounts(namespace)
                var loads: [Listening] = []
                let trace = try DropsTrace.trace(backend, ["--netns", namespace.name]) {
                    loads = try fill([3, 23, 43], "127.0.0.1", 150, in: namespace)
                }
                let truth = try ListenCounts(namespace) - before
                let resets = try namespace.counter("TcpExt", "EmbryonicRsts")
                #expect(truth["ListenDrops"] >= 3 * 150 - 3 - 23 - 43 - 3 - 12)
                expect(trace, equals: truth, backend)
                for listening in loads {
                    let row = try #require(trace.rows.first { $0.port == listening.port }, "run \(run)")
                    #expect(row.pid == [listening.load.pid] && row.comm == "tcpload")
                    #expect(row.backlog == listening.backlog && row.netns == namespace.inode)
                    #expect(row.acceptQueue ?? 0 > listening.backlog && !row.closed)
                    try listening.load.end()
                }
                expectOwnCounters(trace, resets: resets)
                if !backend.seesSearch { #expect(trace.sum(\.skDrops) >= truth["ListenDrops"]) }
            }
        }

        /// IPv6, and a socket that takes both families, hit by both.
        @Test(arguments: Lab.backends)
        func bothFamilies(backend: Backend) throws {
            let namespace = try Namespace()
            let before = try ListenCounts(namespace)
            var loads: [Listening] = []
            let trace = try DropsTrace.trace(backend, ["--netns", namespace.name]) {
                loads += try fill([5], "::1", 60, in: namespace)
                loads += try fill([7], "::", 60, in: namespace)
                try Load.run("-q -t 2 -n 40 127.0.0.1 7007", in: namespace)
            }
            expect(trace, equals: try ListenCounts(namespace) - before, backend)
            let both = try #require(trace.rows.first { $0.port == 7007 })
            #expect(both.dualStack && both.family == "ipv6" && both.address == "::")
            #expect(both.skDrops ?? 0 >= 60 + 40 - 12)
            expectOwnCounters(trace, resets: try namespace.counter("TcpExt", "EmbryonicRsts"))
            for listening in loads { try listening.load.end() }
        }

        /// Only the last ACK of the handshake that finds the queue full tells them apart.
        @Test(
            .enabled(if: !Lab.probing.isEmpty, "no backend here sees causes"), arguments: Lab.probing, [0, 1])
        func abortOnOverflow(backend: Backend, abort: Int) throws {
            let namespace = try Namespace()
            try namespace.set("ipv4/tcp_abort_on_overflow", "\(abort)")
            let before = try ListenCounts(namespace)
            let trace = try DropsTrace.trace(backend, ["--netns", namespace.name]) {
                for listening in try fill([1, 2, 3, 4], "127.0.0.1", 60, in: namespace) {
                    try listening.load.end()
                }
            }
            expect(trace, equals: try ListenCounts(namespace) - before, backend)
            let wrong = abort == 1 ? "accept_queue_full_ack" : "accept_queue_full_reset"
            #expect(trace.summary.causes?[wrong] == 0)
            // They were gone before the only report, and are counted all the same.
            #expect(trace.rows.count == 4 && trace.rows.allSatisfy(\.closed))
        }

        /// Without --netns every namespace is looked at; a filter hides rows, no totals.
        @Test(arguments: Lab.backends)
        func filtersAndOtherNamespaces(backend: Backend) throws {
            let namespace = try Namespace()
            var loads: [Listening] = []
            let trace = try DropsTrace.trace(backend, ["--listener", "127.0.0.1:7003"]) {
                loads = try fill([3, 9], "127.0.0.1", 40, in: namespace)
            }
            let own = trace.rows.filter { $0.netns == namespace.inode }
            #expect(own.map(\.port) == [7003])
            #expect(own.first?.skDrops ?? 0 >= 40 - 4 - 4)
            if backend.seesSearch { #expect(trace.summary.notAttributed == 0) }
            for listening in loads { try listening.load.end() }
        }

        /// An event per loss, or it is said that there is none; a flood changes no total.
        @Test(.enabled(if: !Lab.probing.isEmpty, "no backend here sees causes"), arguments: Lab.probing)
        func eventsAndSuppressedOnesAddUp(backend: Backend) throws {
            let namespace = try Namespace()
            let before = try ListenCounts(namespace)
            let trace = try DropsTrace.trace(backend, ["--events", "--netns", namespace.name]) {
                for listening in try fill([3], "127.0.0.1", 3000, in: namespace) {
                    try listening.load.end()
                }
            }
            let truth = try ListenCounts(namespace) - before
            #expect(trace.summary.listenDrops == truth["ListenDrops"] && truth["ListenDrops"] >= 2990)
            let unsent = trace.summary.eventsSuppressed + trace.summary.lost.ring
            let drops = trace.losses.count { !Self.noDrops.contains($0.cause) }
            let cookies = truth["TCPReqQFullDoCookies"]
            #expect((truth["ListenDrops"]...truth["ListenDrops"] + cookies).contains(drops + unsent))
            Lab.figure(
                "\(backend.rawValue), drops --events: \(trace.losses.count) events, "
                    + "\(trace.summary.eventsSuppressed) suppressed, \(trace.summary.lost.ring) lost")
            #expect(!trace.losses.isEmpty)
            for loss in trace.losses {
                #expect(loss.address == "127.0.0.1" && loss.port == 7003 && loss.peer == "127.0.0.1")
                #expect(loss.backlog == 3 && loss.netns == namespace.inode && loss.peerPort ?? 0 > 0)
            }
            #expect(trace.losses.allSatisfy { $0.cause.hasPrefix("syn_cookie") || $0.acceptQueue >= 4 })
        }

        /// Refused connects are dropped packets with a reason, where the kernel has reasons.
        @Test(arguments: Lab.backends)
        func droppedPackets(backend: Backend) throws {
            let namespace = try Namespace()
            let trace = try DropsTrace.trace(backend, ["--netns", namespace.name]) {
                let refused = try Load.run("-n 100 127.0.0.1 7999", in: namespace)
                #expect(refused.failed == ["ECONNREFUSED": 100])
            }
            let refused = trace.packets.filter { $0.port == 7999 }
            #expect(refused.reduce(0) { $0 + $1.count } == 100)
            for packet in refused {
                #expect(packet.protocol == "tcp" && packet.netns == namespace.inode)
                #expect(packet.location.hasPrefix("tcp_v4_rcv+0x"))
                #expect(packet.reason == "NO_SOCKET" || packet.reason == nil)
                #expect(packet.class == "drop")
            }
            #expect(Lab.kernel == "5.10" || refused.allSatisfy { $0.reason != nil })
        }

        @Test(arguments: Lab.backends)
        func killedItLeavesNothingInTheKernel(backend: Backend) throws {
            let child = try Child([Lab.tcpwhy, "drops", "--json", "--backend", backend.rawValue])
            #expect(Lab.wait(60) { child.hasEnded || child.error.contains("tracing, backend") })
            let objects = KernelObjects(of: child)
            #expect(!objects.isEmpty && !objects.remaining.isEmpty)
            child.signal(SIGKILL)
            #expect(try child.wait() == -SIGKILL)
            #expect(Lab.wait { objects.remaining.isEmpty }, "\(objects.remaining)")
        }
    }
}
