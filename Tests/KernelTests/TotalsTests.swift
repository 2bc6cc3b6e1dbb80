// SPDX-License-Identifier: Apache-2.0
import Testing

extension KernelTests {
    /// Every connect is counted, under its destination, with its errno.
    @Suite struct TotalsTests {
        /// What is connected to, how, and how the kernel must answer; 10,000 in all, in an
        /// emulator 2,000.
        private static let loads = [
            KnownLoad(1000, "-l", "127.0.0.1", 7001),
            KnownLoad(250, "-l -u", "127.0.0.1", 7002),
            KnownLoad(250, "-l", "::1", 7003),
            KnownLoad(250, "-l", "::ffff:127.0.0.1", 7004, "127.0.0.1"),
            KnownLoad(3500, "", "127.0.0.1", 7005, error: "ECONNREFUSED"),
            KnownLoad(1000, "-u", "127.0.0.1", 7006, error: "ECONNREFUSED"),
            KnownLoad(1000, "-u", "::1", 7007, error: "ECONNREFUSED"),
            KnownLoad(750, "", "::ffff:127.0.0.1", 7008, "127.0.0.1", error: "ECONNREFUSED"),
            KnownLoad(1000, "", "192.0.2.1", 7009, error: "ENETUNREACH"),
            KnownLoad(1000, "-u", "2001:db8::1", 7010, error: "ENETUNREACH"),
        ]

        /// With few threads and with many, one after the other.
        @Test(arguments: Lab.backends)
        func everyConnectIsCounted(backend: Backend) throws {
            let namespace = try Namespace()
            var made: [(load: KnownLoad, result: Load.Result)] = []
            let threads = [1, 4, 16]
            let trace = try Tracer.trace(backend, in: namespace) {
                for threads in threads {
                    for load in Self.loads {
                        let result = try Load.run(
                            "-t \(threads) -n \(load.count) \(load.options) \(load.address) \(load.port)",
                            in: namespace)
                        made.append((load, result))
                    }
                }
            }
            let results = made.map(\.result)
            #expect(results.connects == threads.count * 10_000 / KnownLoad.part)
            expect(trace, has: results, mapped: true)
            for (load, result) in made {
                #expect(result.failed == (load.error.map { [$0: load.count] } ?? [:]))
                expectRow(load, result, in: trace)
            }
            if backend != .tracepoint {
                #expect(trace.summary.bound == 0 && trace.summary.binds == 0)
            }
            if trace.summary.doubt > 0 {
                Lab.figure(
                    "\(backend.rawValue): of \(results.connects) connects "
                        + "\(trace.summary.notAttributed) not attributed, \(trace.summary.untimed) untimed, "
                        + "\(trace.summary.unknown) of unknown end; missed \(trace.summary.missedByProbe)")
            }
        }

        private func expectRow(_ load: KnownLoad, _ result: Load.Result, in trace: Trace) {
            let rows = trace.rows.filter { $0.port == load.port && $0.pid == result.pid }
            guard let row = rows.first, rows.count == 1 else {
                Issue.record("\(rows.count) rows for port \(load.port)")
                return
            }
            #expect(row.comm == "tcpload")
            #expect(row.destination == load.destination)
            #expect(row.family == (load.destination.contains(":") ? "ipv6" : "ipv4"))
            #expect(row.source == nil && row.call == "connect")
            let doubt = trace.summary.doubt
            #expect((row.connects...row.connects + doubt).contains(result.connects))
            expectFailures(row.failed, result.failed, doubt: doubt)
        }

        /// Four threads as fast as they can: totals are exact though events are lost.
        @Test(arguments: Lab.backends)
        func floodOfEvents(backend: Backend) throws {
            let namespace = try Namespace()
            let seconds = Lab.isEmulated ? 1.0 : 2.0
            var load: Load.Result!
            let trace = try Tracer.trace(backend, ["--events"], in: namespace) {
                load = try Load.run("-t 4 -d \(seconds) 192.0.2.1 7001", in: namespace)
            }
            let summary = trace.summary
            #expect(summary.connects + summary.notAttributed == load.connects)
            expectFailures(summary.failed, load.failed, doubt: summary.doubt)
            // What was missed at its entry or return has no event.
            #expect(
                trace.eventCount + summary.lost.ring
                    == summary.connects - summary.untimed - summary.unknown)
            Lab.figure(
                "\(backend.rawValue), flood: \(Int(Double(load.connects) / seconds)) connects/s, "
                    + "\(trace.eventCount) events received, \(summary.lost.ring) lost")
        }
    }
}

/// Connects of which it is known how they must end.
private struct KnownLoad {
    /// An emulator makes one connect in so many.
    static let part = Lab.isEmulated ? 5 : 1

    let count: Int
    let options: String
    let address: String
    let port: UInt16
    /// How tcpwhy must write the address.
    let destination: String
    let error: String?

    init(
        _ count: Int, _ options: String, _ address: String, _ port: UInt16, _ destination: String? = nil,
        error: String? = nil
    ) {
        self.count = count / Self.part
        self.options = options
        self.address = address
        self.port = port
        self.destination = destination ?? address
        self.error = error
    }
}
