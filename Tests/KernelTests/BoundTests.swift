// SPDX-License-Identifier: Apache-2.0
import Testing

extension KernelTests {
    /// Sockets that had a port or an address before connect, and those given up.
    @Suite struct BoundTests {
        @Test(arguments: Lab.backends)
        func aBoundPortIsNotSearched(backend: Backend) throws {
            let namespace = try Namespace()
            let (trace, load) = try run(backend, "-p 30000 -n 500 -l 127.0.0.1 7001", in: namespace)
            expect(trace, has: [load])
            #expect(trace.summary.bound == 500 && trace.summary.binds == 0)
            let row = try #require(trace.rows.first)
            #expect(row.searchNs?.sum ?? 0 == 0 && row.portsTried?.sum ?? 0 == 0)
        }

        @Test(arguments: Lab.backends)
        func bindToPort0HasARowOfItsOwn(backend: Backend) throws {
            let namespace = try Namespace()
            let (trace, load) = try run(backend, "-b 127.0.0.1 -n 500 -l 127.0.0.1 7001", in: namespace)
            expect(trace, has: [load])
            #expect(trace.summary.bound == 500 && trace.summary.binds == 500)
            let bind = try #require(trace.rows.binds.first)
            #expect(bind.connects == 500 && bind.destination == nil && bind.source == "127.0.0.1")
            if backend.seesSearch { #expect(bind.searchNs?.sum ?? 0 > 0) }
            #expect(trace.rows.connects.first?.source == "127.0.0.1")
        }

        @Test(arguments: Lab.backends, ["127.0.0.1", "::1"])
        func bindFindsNoPort(backend: Backend, address: String) throws {
            let namespace = try Namespace()
            try namespace.setPorts(20000, 20050)
            let (trace, load) = try run(
                backend, "-z -k -t 4 -n 300 -b \(address) \(address) 7001", in: namespace)
            #expect(load.failed["EADDRINUSE"] ?? 0 >= 249)
            let summary = trace.summary
            #expect(summary.connects == 0)
            if summary.doubt == 0 {
                #expect(summary.binds == 300)
            } else {
                #expect((summary.binds...summary.binds + summary.doubt).contains(300))
            }
            expectFailures(summary.bindsFailed, load.failed, doubt: summary.doubt)
        }

        /// The address is bound, the port is searched by connect.
        @Test(arguments: Lab.backends)
        func bindAddressNoPort(backend: Backend) throws {
            let namespace = try Namespace()
            let (trace, load) = try run(backend, "-b 127.0.0.1 -o -n 300 -l 127.0.0.1 7001", in: namespace)
            expect(trace, has: [load])
            #expect(trace.summary.bound == 0 && trace.summary.binds == 0)
            let row = try #require(trace.rows.first)
            #expect(row.source == "127.0.0.1")
            if backend.seesSearch { #expect(row.searchNs?.sum ?? 0 > 0) }
        }

        @Test(arguments: Lab.backends)
        func ownRangeIsTheRange(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.requireOwnRange()
            let (trace, load) = try run(backend, "-r 41000,41099 -n 300 -l 127.0.0.1 7001", in: namespace)
            expect(trace, has: [load])
            // The system calls do not show a socket's own range.
            guard backend.seesSearch else { return }
            let range = try #require(trace.ranges.first)
            #expect(range.low == 41000 && range.high == 41099 && range.size == 100)
        }

        /// Closed by its owner before an answer came: neither success nor failure.
        @Test(arguments: Lab.backends)
        func abandoned(backend: Backend) throws {
            let namespace = try Namespace()
            // Nobody at the other end, so that nothing answers.
            try namespace.run(
                "ip link add dead0 type veth; ip link set dead0 up; ip link set veth0 up; "
                    + "ip address add 10.99.0.1/24 dev dead0")
            let (trace, load) = try run(backend, "-q -n 300 10.99.0.2 7001", in: namespace)
            expect(trace, has: [load])
            let summary = trace.summary
            #expect((summary.abandoned...summary.abandoned + summary.doubt).contains(300))
            #expect(summary.failed.isEmpty)
        }

        private func run(
            _ backend: Backend, _ load: String, in namespace: Namespace
        ) throws -> (Trace, Load.Result) {
            var result: Load.Result!
            let trace = try Tracer.trace(backend, in: namespace) {
                result = try Load.run(load, in: namespace)
            }
            return (trace, result)
        }
    }
}
