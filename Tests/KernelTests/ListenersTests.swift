// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// Accept queues: what comes in, what waits how long, what is taken out.
    @Suite struct ListenersTests {
        private static let connects = 20

        /// One trace serves the tests of these servers, a port for each: to begin one takes an
        /// emulator seconds.
        private struct Seen {
            var trace: ListenersTrace
            /// At 7001: accepts one every 50 ms.
            var slow: SlowServer
            /// At 7002 and 7003.
            var accepted: [Load.Result]
            /// At 7006.
            var deaf: UInt32
            var namespace: UInt32

            func row(_ port: UInt16) throws -> ListenersTrace.Row {
                try #require(trace.rows.first { $0.port == port })
            }
        }

        private nonisolated(unsafe) static var traced: [Backend: Seen] = [:]

        private func seen(_ backend: Backend) throws -> Seen {
            if let known = Self.traced[backend] { return known }
            let namespace = try Namespace()
            let loads = [
                try Load("-s -t 4 -n 2000 -a 127.0.0.1 7002", in: namespace),
                try Load("-s -l -A 1 -n 100 -k ::1 7003", in: namespace),
            ]
            let early = try Load("-L -n 3 -k -i 600 127.0.0.1 7004", in: namespace)
            let waiting = try Child(
                namespace.enter([Lab.tcpload, "-l", "-A", "3000", "-n", "2", "-k", "127.0.0.1", "7005"]))
            #expect(try Lab.wait { try namespace.acceptQueue(7005) == 2 })
            // However long the trace takes to begin: nothing is accepted meanwhile.
            waiting.signal(SIGSTOP)
            let deaf = try Load("-L -B 7 -n 5 -k -i 600 ::1 7006", in: namespace)
            for load in [early, deaf] { _ = try load.result() }
            var slow: SlowServer!
            var accepted: [Load.Result] = []
            let trace = try ListenersTrace.of(backend, in: namespace) {
                slow = try SlowServer.run("-l -A 50 -n \(Self.connects) -k 127.0.0.1 7001", in: namespace)
                for load in loads {
                    load.go()
                    accepted.append(try load.result())
                }
                waiting.signal(SIGCONT)
                try waiting.wait()
            }
            let seen = Seen(
                trace: trace, slow: slow, accepted: accepted, deaf: deaf.pid, namespace: namespace.inode)
            for load in [early, deaf] { try load.end() }
            Self.traced[backend] = seen
            return seen
        }

        /// All connect at once, and one is accepted every 50 ms: the k-th waits k * 50 ms.
        @Test(arguments: Lab.backends)
        func waitsAreTheServersOwn(backend: Backend) throws {
            let seen = try seen(backend)
            let server = seen.slow
            #expect(server.accepts == Self.connects)
            let row = try seen.row(7001)
            expectAccepts(seen, row, Self.connects)
            #expect(row.arrivals == (backend.seesSearch ? Self.connects : nil))
            #expect(row.waitBackend == backend.rawValue)
            let wait = try #require(row.waitNs)
            Lab.figure(
                "\(backend.rawValue), accept every 50 ms: wait p50 \(wait.p50 ?? 0) ns, the server's own "
                    + "\(server.waitP50Ns); max \(wait.max ?? 0), the server's own \(server.waitMaxNs)")
            guard seen.trace.summary.lost.missed == 0 else { return }
            #expect(isWithin(0.07, wait.p50, of: server.waitP50Ns))
            // The kernel's begins when the last ACK comes, and ends before accept returns.
            #expect(isWithin(0.05, wait.max, of: server.waitMaxNs))
            guard backend.seesSearch else {
                #expect(row.depthSeen == nil)
                return
            }
            // One thread connects, and none is accepted for the first 50 ms, if the
            // emulator gets that far by then.
            let depth = try #require(row.depthSeen)
            #expect(depth.max ?? 0 < UInt64(Self.connects))
            #expect(depth.max ?? 0 >= UInt64(Lab.isEmulated ? 1 : Self.connects - 2))
        }

        /// A worker that sleeps in accept when the trace begins takes its first one, too.
        @Test(arguments: Lab.backends)
        func everyAcceptIsCounted(backend: Backend) throws {
            let seen = try seen(backend)
            let summary = seen.trace.summary
            #expect(seen.accepted.map { $0.failed.count } == [0, 0])
            let waiting = try seen.row(7004)
            #expect(waiting.acceptQueue == 3)
            #expect(waiting.accepts == 0)
            let rows = seen.trace.rows.filter { [7002, 7003].contains($0.port) }
            if backend.seesSearch {
                #expect(waiting.arrivals == 0)
                #expect(rows.reduce(0) { $0 + ($1.arrivals ?? 0) } == 2100)
            }
            #expect(seen.trace.rows.reduce(0) { $0 + ($1.accepts ?? 0) } == summary.accepts)
            let missed = summary.acceptsNotAttributed ?? 0
            #expect((2100 - missed...2100).contains(rows.reduce(0) { $0 + ($1.accepts ?? 0) }))
            // Those of the two other servers, too.
            #expect((summary.accepts ?? 0) + missed == 2100 + Self.connects + 2)
            if summary.lost.missed > 0 {
                Lab.figure(
                    "\(backend.rawValue): of 2122 accepts \(missed) not attributed; "
                        + "missed \(summary.missedByProbe)")
            }
        }

        /// They came before the trace: which listener's they are is known, not how long they waited.
        @Test(arguments: Lab.backends)
        func whatWaitedBeforeIsCountedButNotTimed(backend: Backend) throws {
            let seen = try seen(backend)
            let row = try seen.row(7005)
            expectAccepts(seen, row, 2)
            #expect(row.arrivals ?? 0 == 0 && row.waitNs?.p50 == nil && row.waitNs?.sum == 0)
        }

        @Test(arguments: Lab.backends)
        func queuesAreAsKnown(backend: Backend) throws {
            let seen = try seen(backend)
            let row = try seen.row(7006)
            #expect(row.acceptQueue == 5 && row.backlog == 7 && row.limitedBy == "backlog")
            #expect(row.synQueue == 0 && row.synQueueYoung == 0)
            #expect(row.pid == [seen.deaf] && row.comm == "tcpload")
            #expect(row.address == "::1" && row.netns == seen.namespace)
        }

        /// listen() was given more than net.core.somaxconn allows.
        @Test(.onOneKernel, arguments: Lab.backends)
        func saysThatSomaxconnIsTheLimit(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.set("core/somaxconn", "5")
            let load = try Load("-L -B 100 -n 1 -k -i 60 127.0.0.1 7001", in: namespace)
            _ = try load.result()
            let trace = try ListenersTrace.of(backend, in: namespace) {}
            let row = try #require(trace.rows.first { $0.port == 7001 })
            #expect(row.backlog == 5 && row.limitedBy == "somaxconn")
            try load.end()
        }

        /// One of four never accepts: its queue fills, and it comes first.
        @Test(arguments: Lab.backends)
        func aStuckWorkerShows(backend: Backend) throws {
            let namespace = try Namespace()
            let workers = try (0..<3).map { _ in
                try Load("-l -R 1 -n 0 -i 120 127.0.0.1 7001", in: namespace)
            }
            let stuck = try Load("-L -R 1 -B 3 -n 0 -i 120 127.0.0.1 7001", in: namespace)
            for worker in workers + [stuck] { _ = try worker.result() }
            var load: Load.Result!
            let trace = try ListenersTrace.of(backend, in: namespace) {
                // Non-blocking, and closed at once by those that time out.
                load = try Load.run("-q -n 100 127.0.0.1 7001", in: namespace)
                usleep(Lab.isEmulated ? 1_500_000 : 300_000)
            }
            let rows = trace.rows.filter { $0.port == 7001 }
            try #require(rows.count == 4)
            #expect(load.connects == 100)
            let worst = try #require(rows.first)
            #expect(worst.pid == [stuck.pid] && worst.acceptQueue == 4 && worst.backlog == 3)
            #expect(worst.reuseport && rows.dropFirst().allSatisfy { $0.acceptQueue == 0 })
            #expect(worst.accepts == 0)
            if backend.seesSearch { #expect(worst.arrivals == 4 && worst.depthSeen?.max == 3) }
            for row in rows.dropFirst() { #expect(row.accepts ?? 0 > 0) }
        }

        @Test(.onOneKernel, arguments: Lab.backends)
        func textSaysTheSame(backend: Backend) throws {
            let namespace = try Namespace()
            let load = try Load("-L -B 2 -n 3 -k -i 60 127.0.0.1 7001", in: namespace)
            _ = try load.result()
            let text = try Child.run([
                Lab.tcpwhy, "listeners", "--backend", backend.rawValue, "--netns", namespace.name,
            ])
            #expect(text.contains("tcpload[\(load.pid)]") && text.contains("127.0.0.1:7001"), "\(text)")
            try load.end()
        }

        /// Counted, or said to be missed.
        private func expectAccepts(
            _ seen: Seen, _ row: ListenersTrace.Row, _ truth: Int,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let missed = seen.trace.summary.acceptsNotAttributed ?? 0
            #expect((truth - missed...truth).contains(row.accepts ?? 0), sourceLocation: sourceLocation)
        }

        private func isWithin(_ share: Double, _ value: UInt64?, of truth: Double) -> Bool {
            guard let value else { return false }
            return abs(Double(value) - truth) <= truth * share
        }
    }
}

/// What `tcpload -A` says of the waits of what it accepted.
private struct SlowServer: Decodable {
    var accepts: Int
    var waitP50Ns, waitMaxNs: Double

    static func run(_ arguments: String, in namespace: Namespace) throws -> SlowServer {
        let line = try Child.run(
            namespace.enter([Lab.tcpload] + arguments.split(separator: " ").map(String.init)))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(SlowServer.self, from: Data(line.utf8))
    }
}
