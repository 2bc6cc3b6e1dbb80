// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// Nine ports in ten held by TIME_WAIT.
    @Suite struct TimeWaitTests {
        @Test func searchesAreLongUntilTheyAreReused() throws {
            let size = Lab.isEmulated ? 2000 : 10_000
            let namespace = try Namespace()
            try namespace.setPorts(20000, 19999 + size)
            try namespace.set("ipv4/tcp_tw_reuse", "0")
            try namespace.keepTimeWait()
            let listener = try Load("-l -w -n 0 -i 600 127.0.0.1 7001", in: namespace)
            _ = try listener.result()
            try Load.run("-w -t 4 -n \(size * 9 / 10) 127.0.0.1 7001", in: namespace)
            let filled = try namespace.quietSockets(
                towards: "127.0.0.1", in: 20000...UInt16(19999 + size))
            let held = filled.timeWait
            #expect(filled.all == held && held > size * 89 / 100)

            for backend in Lab.backends {
                let (trace, recycled) = try searches(backend, in: namespace)
                let range = try #require(trace.ranges.first)
                #expect(range.timeWait == held && !range.reusesTimeWait && recycled == 0)
                #expect(trace.summary.reused == (backend.seesSearch ? 0 : nil))
                let p50 = Double(try #require(trace.rows.first?.portsTried?.p50))
                Lab.figure(
                    "\(backend.rawValue), TIME_WAIT in \(held) of \(size) ports: tried p50 \(p50), "
                        + "predicted mean \(range.expectedTried)")
                // The kernel tries every second port first and so has filled that half.
                #expect((0.47...0.6).contains(p50 / Double(size)))
                // What the range's use predicts is what the searches take.
                #expect(abs(p50 - range.expectedTried) <= 0.07 * p50)
            }

            try namespace.set("ipv4/tcp_tw_reuse", "1")
            usleep(2_100_000)  // younger ones are not taken over
            for backend in Lab.backends {
                let (trace, recycled) = try searches(backend, in: namespace)
                let range = try #require(trace.ranges.first)
                #expect(range.reusesTimeWait && recycled > 0)
                #expect(trace.summary.reused == (backend.seesSearch ? recycled : nil))
                let p50 = try #require(trace.rows.first?.portsTried?.p50)
                Lab.figure("\(backend.rawValue), with tcp_tw_reuse=1: tried p50 \(p50), \(recycled) reused")
                #expect(p50 <= 2)
            }
            try listener.end()
        }

        /// 100 connects, and how many of them took over a TIME_WAIT socket by the
        /// kernel's own count.
        private func searches(
            _ backend: Backend, in namespace: Namespace
        ) throws -> (trace: Trace, recycled: Int) {
            let before = try namespace.counter("TcpExt", "TWRecycled")
            var load: Load.Result!
            let trace = try Tracer.trace(backend, in: namespace) {
                load = try Load.run("-n 100 127.0.0.1 7001", in: namespace)
            }
            expect(trace, has: [load])
            #expect(load.succeeded == 100)
            return (trace, try namespace.counter("TcpExt", "TWRecycled") - before)
        }
    }
}
