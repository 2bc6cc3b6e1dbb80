// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// Nine ports in ten held by TIME_WAIT.
    @Suite struct TimeWaitTests {
        @Test(arguments: Lab.backends)
        func searchesAreLongUntilTheyAreReused(backend: Backend) throws {
            let size = Lab.isEmulated ? 2000 : 10_000
            let ports: ClosedRange<UInt16> = 20000...UInt16(19999 + size)
            let namespace = try Namespace()
            try namespace.setPorts(20000, 19999 + size)
            try namespace.set("ipv4/tcp_tw_reuse", "0")
            let listener = try Load("-l -w -n 0 -i 600 127.0.0.1 7001", in: namespace)
            _ = try listener.result()
            try Load.run("-w -t 4 -n \(size * 9 / 10) 127.0.0.1 7001", in: namespace)
            let filled = try namespace.quietSockets(towards: "127.0.0.1", in: ports)
            #expect(filled.timeWait == size * 9 / 10)

            let long = try searches(backend, in: namespace)
            let longRange = try #require(long.trace.ranges.first)
            #expect(longRange.timeWait == filled.timeWait && !longRange.reusesTimeWait)
            #expect(long.recycled == 0)

            try namespace.set("ipv4/tcp_tw_reuse", "1")
            usleep(2_100_000)  // younger ones are not taken over
            let short = try searches(backend, in: namespace)
            let shortRange = try #require(short.trace.ranges.first)
            #expect(shortRange.reusesTimeWait && short.recycled > 0)
            try listener.end()

            Lab.figure(
                "\(backend.rawValue), TIME_WAIT in \(filled.timeWait) of \(size) ports: tried p50 "
                    + "\(long.p50.map(String.init) ?? "–"), expected \(longRange.expectedTried); reused: p50 "
                    + "\(short.p50.map(String.init) ?? "–"), expected \(shortRange.expectedTried)")
            // What the range's use predicts is what the searches take.
            let expected = longRange.expectedTried
            let measured = Double(try #require(long.p50))
            #expect(abs(measured - expected) <= 0.1 * max(measured, expected))
            // The kernel fills every second port first: a search passes that half.
            #expect((UInt64(size) / 2...UInt64(size) * 6 / 10).contains(try #require(long.p50)))
            #expect(try #require(short.p50) <= 2)
            if backend.seesSearch {
                #expect(long.trace.summary.reused == 0)
                #expect(short.trace.summary.reused == short.recycled)
            } else {
                #expect(short.trace.summary.reused == nil)
            }
        }

        private func searches(
            _ backend: Backend, in namespace: Namespace
        ) throws -> (trace: Trace, p50: UInt64?, recycled: Int) {
            let before = try namespace.counter("TcpExt", "TWRecycled")
            var load: Load.Result!
            let trace = try Tracer.trace(backend, in: namespace) {
                load = try Load.run("-n 100 127.0.0.1 7001", in: namespace)
            }
            expect(trace, has: [load])
            #expect(load.succeeded == 100)
            let recycled = try namespace.counter("TcpExt", "TWRecycled") - before
            return (trace, trace.rows.first?.portsTried?.p50, recycled)
        }
    }
}
