// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// Tables that are passed through by three times as many keys as they have room for, over
    /// some reports: what came and went has left, no count is lost, and who was there all the
    /// time has its own. The bounds are those of `bpf/lib`.
    @Suite struct TableLifeTests {
        /// Seconds between reports.
        private static let interval = 0.2
        /// A report of the busy alone has less.
        private static let quietBytes = 1 << 14

        private struct Pieces {
            let count: Int
            let size: Int
            var all: Int { count * size }
        }

        /// Keys in pieces that a table has room for: each has left before the next one comes, which
        /// shows by the reports.
        private func churn(
            _ pieces: Pieces, under tracer: Child, _ load: (_ piece: Int) throws -> Void
        ) throws {
            for piece in 0..<pieces.count {
                try load(piece)
                var told = -1
                _ = Lab.wait(60) {
                    usleep(Lab.isEmulated ? 2_000_000 : 500_000)
                    defer { told = tracer.outputSize }
                    return told >= 0 && tracer.outputSize - told < Self.quietBytes
                }
            }
        }

        /// `connect_rows` in lib/connect_rows.h: 16,384 keys.
        @Test(.manyRows, arguments: Lab.backends)
        func connectsToEverNewDestinations(backend: Backend) throws {
            let pieces = Pieces(count: 13, size: 4000)
            let namespace = try Namespace()
            let tracer = try Tracer(
                starting: backend, ["--netns", namespace.name], every: "\(Self.interval)")
            try tracer.waitUntilItTraces()
            let busy = try Load("-n 40000 127.0.0.1 7001", in: namespace)
            var results: [Load.Result] = []
            try churn(pieces, under: tracer.child) { piece in
                results.append(
                    try Load.run("-v -n \(pieces.size) 127.1.\(piece * 16).0 7002", in: namespace))
            }
            results.append(try busy.result())
            let trace = try tracer.finish()
            #expect(results.connects == pieces.all + 40_000)
            expect(trace, has: results)
            let own = trace.rows.filter { $0.port == 7001 }.reduce(0) { $0 + $1.connects }
            #expect((own...own + trace.summary.doubt).contains(40_000))
        }

        /// `accept_rows` in lib/accept_rows.h: 4,096 listeners.
        @Test(.manyRows, arguments: Lab.backends)
        func listenersThatAcceptAndClose(backend: Backend) throws {
            let pieces = Pieces(count: 7, size: 2000)
            let namespace = try Namespace()
            var accepted = 0
            let trace = try ListenersTrace.of(backend, in: namespace, every: "\(Self.interval)") { tracer in
                let busy = try Load("-n 20000 -a 127.0.0.1 7001", in: namespace)
                try churn(pieces, under: tracer) { _ in
                    accepted += try Load.run("-C -n \(pieces.size) 127.0.0.1 10000", in: namespace).connects
                }
                accepted += try busy.result().connects
            }
            let doubt = trace.summary.acceptsNotAttributed ?? 0
            #expect(accepted == pieces.all + 20_000)
            #expect((trace.summary.accepts ?? 0) + doubt == accepted)
            let own = trace.rows.filter { $0.port == 7001 }.reduce(0) { $0 + ($1.accepts ?? 0) }
            #expect((own...own + doubt).contains(20_000))
            // Of the closed ones each is told once, if it is: it may come and go between two looks.
            #expect(trace.rows.count { $0.closed && $0.accepts == 0 } <= pieces.all)
            #expect(trace.summary.lost.map == 0)
        }

        /// `listener_near` and `listener_rows` in lib/listener_rows.h: 32 listeners a CPU, and 4,096.
        @Test(.onOneKernel, arguments: Lab.probing.prefix(1))
        func listenersThatLoseAndClose(backend: Backend) throws {
            let pieces = Pieces(count: 7, size: 1800)
            let namespace = try Namespace()
            let server = try Load("-L -n 0 -B 2 -i 600 127.0.0.1 7001", in: namespace)
            _ = try server.result()
            try Load.run("-n 3 127.0.0.1 7001", in: namespace)
            let before = try Losses(of: namespace)
            let tracer = try Tracer.drops(
                backend, ["--netns", namespace.name], every: Lab.isEmulated ? "1" : "\(Self.interval)")
            try churn(pieces, under: tracer.child) { _ in
                try Load.run("-O -n \(pieces.size) 127.0.0.1 10000", in: namespace)
                try Load.run("-q -n 500 127.0.0.1 7001", in: namespace)
            }
            let truth = try Losses(atRestIn: namespace) - before
            let trace = try tracer.finishDrops()
            #expect(truth.drops == pieces.all + pieces.count * 500)
            #expect(trace.summary.listenDrops == truth.drops && trace.summary.notAttributed == 0)
            #expect(trace.summary.lost.map == 0)
            let rows = trace.rows.filter { $0.port == 7001 }
            #expect(rows.reduce(0) { $0 + ($1.listenDrops ?? 0) } == pieces.count * 500)
        }

        /// `packet_near` and `packet_rows` in lib/packet_rows.h: 64 kinds a CPU, and 8,192.
        @Test(.manyRows, arguments: Lab.anyBackend)
        func packetsToEverNewPorts(backend: Backend) throws {
            let pieces = Pieces(count: 5, size: 5000)
            let namespace = try Namespace()
            let tracer = try Tracer.drops(backend, ["--netns", namespace.name], every: "\(Self.interval)")
            try churn(pieces, under: tracer.child) { piece in
                let first = 10_000 + piece * pieces.size
                try Load.run("-P -n \(pieces.size) 127.0.0.1 \(first)", in: namespace)
                try Load.run("-n 100 127.0.0.1 7999", in: namespace)
            }
            let trace = try tracer.finishDrops()
            let refused = trace.packets.filter { $0.reason == "NO_SOCKET" || $0.reason == nil }
            #expect(refused.filter { $0.port == 7999 }.reduce(0) { $0 + $1.count } == pieces.count * 100)
            let scanned = refused.filter { $0.port.map { $0 >= 10_000 } ?? false }
            #expect(scanned.reduce(0) { $0 + $1.count } == pieces.all)
            #expect(trace.summary.lost.map == 0)
        }
    }
}

extension Trait where Self == ConditionTrait {
    fileprivate static var manyRows: Self {
        .enabled(if: Lab.isNative, "natively: to print and read so many rows takes an emulator minutes")
    }
}
