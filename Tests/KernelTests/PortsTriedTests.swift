// SPDX-License-Identifier: Apache-2.0
import Testing

extension KernelTests {
    /// Ports tried, compared with a count of another kind (oracle.bpf.c).
    @Suite(.enabled(if: !Lab.probing.isEmpty, "no backend here sees the search itself"))
    struct PortsTriedTests {
        /// Counted mode: each check is in a row or was said to be missed.
        @Test(arguments: Lab.probing)
        func countedChecksAreAllThere(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.setPorts(20000, 20499)
            let held = [
                try hold(450, "127.0.0.1", 7001, in: namespace), try hold(450, "::1", 7002, in: namespace),
            ]
            let oracle = try Oracle()
            var results: [Load.Result] = []
            let trace = try Tracer.trace(backend, ["--count-calls"], in: namespace) {
                for destination in ["127.0.0.1 7001", "::1 7002"] {
                    results.append(
                        try Load.run("-t 4 -n 150 \(destination)", in: namespace))
                }
            }
            for load in held { try load.end() }
            let truth = Int(try oracle.checks())
            expect(trace, has: results)
            let counted = trace.rows.reduce(0) { $0 + ($1.checks ?? 0) }
            let missed = trace.summary.missedByProbe
            let missedChecks = missed.reduce(0) { $0 + ($1.key.contains("_check") ? $1.value : 0) }
            Lab.figure(
                "\(backend.rawValue), counted: \(counted) checks + \(missedChecks) missed, in truth \(truth); "
                    + "missed \(missed)")
            #expect(truth > 300 * 200)
            #expect(trace.rows.allSatisfy { $0.portsTried?.method == "counted" })
            if missed.allSatisfy({ $0.key.contains("_check") }) {
                #expect(counted + missedChecks == truth)
            } else {
                // A search whose begin or end was missed takes its checks with it.
                #expect(counted <= truth)
                #expect(counted + missedChecks + (trace.summary.lost.missed - missedChecks) * 500 >= truth)
            }
        }

        /// Derived mode, one by one, where all but 40 of 4,000 ports (under an emulator of
        /// 2,000) are held: wrong in at most one of 200 (under an emulator a few more), never
        /// where it says it is certain.
        @Test func derivedIsTrue() throws {
            let namespace = try Namespace()
            let ports = Lab.isEmulated ? 2000 : 4000
            try namespace.setPorts(20000, 19999 + ports)
            let held = try hold(ports - 40, "127.0.0.1", 7001, in: namespace)
            for backend in Lab.probing {
                // Between our look and the kernel's own other connects may come; an
                // emulator makes that moment a hundred times as long, most with a kprobe.
                let share = !Lab.isEmulated ? 0.995 : backend == .kprobe ? 0.95 : 0.97
                let loads = [1, 4, 16].map { "-t \($0) -n 250 127.0.0.1 7001" }
                for (load, result) in zip(loads, try compare(backend, loads, in: namespace)) {
                    #expect(Double(result.right) >= share * Double(result.all), "\(backend), \(load)")
                }
            }
            try held.end()
        }

        @Test(arguments: Lab.probing)
        func derivedIsTrueOfIPv6(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.setPorts(20000, 20999)
            let held = try hold(950, "::1", 7001, in: namespace)
            let result = try compare(backend, ["-t 4 -n 200 ::1 7001"], in: namespace)[0]
            #expect(Double(result.right) >= 0.96 * Double(result.all))
            try held.end()
        }

        /// A socket with IP_LOCAL_PORT_RANGE walks its range in another way.
        @Test(arguments: Lab.probing)
        func derivedIsTrueOfSocketsWithTheirOwnRange(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.requireOwnRange()
            let held = try hold(150, "127.0.0.1", 7001, "-r 40001,40200", in: namespace)
            let result = try compare(
                backend, ["-t 4 -n 200 -r 40001,40200 127.0.0.1 7001"], in: namespace)[0]
            try held.end()
            #expect(Double(result.right) >= 0.96 * Double(result.all))
            #expect(result.events.allSatisfy { (40001...40200).contains($0.sourcePort ?? 0) })
        }

        /// Of one load: how many connects tcpwhy is right about, and what it says of each.
        private struct Comparison {
            var right, all: Int
            var events: [Trace.Event]
        }

        /// Traces loads, one after the other, and puts what tcpwhy says of each connect beside the truth.
        private func compare(
            _ backend: Backend, _ loads: [String], in namespace: Namespace
        ) throws -> [Comparison] {
            let oracle = try Oracle()
            var results: [Load.Result] = []
            let trace = try Tracer.trace(backend, ["--events"], in: namespace) {
                for load in loads { results.append(try Load.run(load, in: namespace)) }
            }
            expect(trace, has: results)
            let succeeded = results.reduce(0) { $0 + $1.succeeded }
            let found = try oracle.found()
            #expect((succeeded - (try oracle.missed())...succeeded).contains(found.count))
            let events = try trace.events().filter { $0.result == "established" && $0.portsTried != nil }
            #expect(events.count + trace.summary.doubt >= succeeded)
            #expect(events.allSatisfy { $0.method == "derived" })
            let pairs = try Oracle.pairs(events, found)
            return zip(loads, results).map { load, result in
                let pairs = pairs.filter { $0.event.pid == result.pid }
                let right = pairs.count { $0.event.portsTried == $0.found.tried }
                let certain = pairs.filter { $0.event.certain == true }
                let mean = pairs.reduce(0) { $0 + Int($1.found.tried) } / max(pairs.count, 1)
                Lab.figure(
                    "\(backend.rawValue), derived, \(load): right \(right), certain \(certain.count) of "
                        + "\(pairs.count) connects, \(mean) ports each; missed \(trace.summary.missedByProbe)"
                )
                for (event, found) in certain where event.portsTried != found.tried {
                    Issue.record("\(event.portsTried!) ports, it says for certain; it was \(found.tried)")
                }
                return Comparison(right: right, all: pairs.count, events: pairs.map(\.event))
            }
        }

        /// Connects so many times and keeps the sockets, until `end`.
        private func hold(
            _ count: Int, _ address: String, _ port: Int, _ options: String = "", in namespace: Namespace
        ) throws -> Load {
            let load = try Load("-t 4 -n \(count) -l -k -i 600 \(options) \(address) \(port)", in: namespace)
            let result = try load.result()
            guard result.succeeded == count else { throw TestFailure("cannot hold ports: \(result)") }
            return load
        }
    }
}
