// SPDX-License-Identifier: Apache-2.0
import Testing

extension KernelTests {
    /// Every connect is counted, under its destination, with its errno.
    @Suite struct TotalsTests {
        /// 10,000 connects that succeed, by 1, 4 and 16 threads.
        @Test(arguments: Lab.backends, [1, 4, 16])
        func established(backend: Backend, threads: Int) throws {
            let namespace = try Namespace()
            var load: Load.Result!
            let trace = try Tracer.trace(backend, in: namespace) {
                load = try Load.run("-t \(threads) -n 10000 -l 127.0.0.1 7001", in: namespace)
            }
            expect(trace, has: [load])
            #expect(load.succeeded == 10_000)
            report(backend, threads, trace)
        }

        /// The same to a port where nobody listens.
        @Test(arguments: Lab.backends, [1, 4, 16])
        func refused(backend: Backend, threads: Int) throws {
            let namespace = try Namespace()
            var load: Load.Result!
            let trace = try Tracer.trace(backend, in: namespace) {
                load = try Load.run("-t \(threads) -n 10000 127.0.0.1 7002", in: namespace)
            }
            expect(trace, has: [load])
            #expect(load.failed == ["ECONNREFUSED": 10_000])
            report(backend, threads, trace)
        }

        private func report(_ backend: Backend, _ threads: Int, _ trace: Trace) {
            guard trace.summary.lost.missed > 0 else { return }
            Lab.figure(
                "\(backend.rawValue) \(threads) threads: \(trace.summary.notAttributed) not attributed, "
                    + "missed \(trace.summary.missedByProbe)")
        }
    }
}
