// SPDX-License-Identifier: Apache-2.0
import Testing

extension KernelTests {
    /// Quantiles of the histograms, compared with those of the single events.
    @Suite(.onOneKernel) struct QuantileTests {
        @Test(arguments: Lab.backends)
        func areRightWithinSevenPercent(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.setPorts(20000, 20999)
            var load: Load.Result!
            let trace = try Tracer.trace(backend, ["--events"], in: namespace) {
                // Searches of every length, while the range fills; then some in vain.
                load = try Load.run("-t 2 -n 1100 -k -l 127.0.0.1 7001", in: namespace)
            }
            expect(trace, has: [load])
            let row = try #require(trace.rows.first)
            let events = try trace.events()
            // A missed state change takes an event with it, though no total.
            let missing = trace.summary.doubt
            try expectQuantiles(row.callNs, events.compactMap(\.callNs), "call", missing)
            try expectQuantiles(row.searchNs, events.compactMap(\.searchNs), "search", missing)
            guard backend.seesSearch else { return }
            let tried = try #require(row.portsTried)
            let exact = events.compactMap(\.portsTried).map(UInt64.init)
            try expectQuantiles(
                Trace.Times(p50: tried.p50, p99: tried.p99, max: tried.max, sum: tried.sum), exact, "tried",
                missing)
        }

        /// - Parameter missing: how many more values than these there may have been.
        private func expectQuantiles(
            _ shown: Trace.Times?, _ values: [UInt64], _ name: String, _ missing: Int,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let shown = try #require(shown)
            let sorted = values.sorted()
            try #require(sorted.count >= 50, "\(name): \(sorted.count)")
            for (q, value) in [(0.5, shown.p50), (0.99, shown.p99)] {
                let value = Double(try #require(value))
                let rank = Int((q * Double(sorted.count)).rounded(.up)) - 1
                // Each missing value moves the rank by one at most.
                let least = Double(sorted[max(rank - missing, 0)])
                let most =
                    rank + missing < sorted.count
                    ? Double(sorted[rank + missing]) : Double(try #require(shown.max))
                #expect(
                    value >= least * 0.93 && value <= max(most * 1.07, 1), "\(name) p\(q)",
                    sourceLocation: sourceLocation)
            }
            guard missing == 0 else { return }
            #expect(shown.max == sorted.last, "\(name)", sourceLocation: sourceLocation)
            #expect(shown.sum == sorted.reduce(0, +), "\(name)", sourceLocation: sourceLocation)
        }
    }
}
