// SPDX-License-Identifier: Apache-2.0
import Testing

extension KernelTests {
    /// Sockets that had a port or an address before connect, and those given up.
    @Suite struct BoundTests {
        /// One trace with a load of each kind serves all of these tests: it takes a
        /// second or two to begin one under an emulator.
        private struct Kinds {
            var trace: Trace
            var port, bind, noPort, ownRange, abandoned, noneFree, noneFree6: Load.Result
        }

        private nonisolated(unsafe) static var traced: [Backend: Kinds] = [:]

        private func kinds(_ backend: Backend) throws -> Kinds {
            if let known = Self.traced[backend] { return known }
            let namespace = try Namespace()
            // Nobody is at the other end, so that nothing answers.
            try namespace.run(
                "ip link add dead0 type veth; ip link set dead0 up; ip link set veth0 up; "
                    + "ip address add 10.99.0.1/24 dev dead0")
            let own = namespace.hasOwnRange ? "-r 41010,41039" : ""
            let tracer = try Tracer(backend, ["--netns", namespace.name])
            func load(_ arguments: String) throws -> Load.Result { try Load.run(arguments, in: namespace) }
            let port = try load("-p 30000 -n 500 -l 127.0.0.1 7001")
            let bind = try load("-b 127.0.0.1 -n 500 -l 127.0.0.1 7002")
            let noPort = try load("-b 127.0.0.1 -o -n 300 -l 127.0.0.1 7003")
            let ownRange = try load(own + " -n 300 -l 127.0.0.1 7004")
            let abandoned = try load("-q -n 300 10.99.0.2 7005")
            try namespace.setPorts(41000, 41050)
            let noneFree = try load("-z -k -t 4 -n 300 -b 127.0.0.1 127.0.0.1 7006")
            let noneFree6 = try load("-z -k -t 4 -n 300 -b ::1 ::1 7007")
            let kinds = Kinds(
                trace: try tracer.finish(), port: port, bind: bind, noPort: noPort, ownRange: ownRange,
                abandoned: abandoned, noneFree: noneFree, noneFree6: noneFree6)
            Self.traced[backend] = kinds
            return kinds
        }

        /// The only row of a call by the process that made a load.
        private func row(
            _ call: String, of load: Load.Result, in trace: Trace,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws -> Trace.Row {
            let rows = trace.rows.filter { $0.pid == load.pid && $0.call == call }
            #expect(rows.count == 1, sourceLocation: sourceLocation)
            let row = try #require(rows.first, sourceLocation: sourceLocation)
            #expect(
                (row.connects...row.connects + trace.summary.doubt).contains(load.connects),
                sourceLocation: sourceLocation)
            expectFailures(
                row.failed, load.failed, doubt: trace.summary.doubt, sourceLocation: sourceLocation)
            return row
        }

        @Test(arguments: Lab.backends)
        func aBoundPortIsNotSearched(backend: Backend) throws {
            let kinds = try kinds(backend)
            let row = try row("connect", of: kinds.port, in: kinds.trace)
            #expect(row.bound + row.untimed + row.unknown == row.connects)
            #expect(row.searchNs?.sum ?? 0 == 0 && row.portsTried?.sum ?? 0 == 0)
            #expect(row.source == nil)
            #expect(!kinds.trace.rows.binds.contains { $0.pid == kinds.port.pid })
        }

        @Test(arguments: Lab.backends)
        func bindToPort0HasARowOfItsOwn(backend: Backend) throws {
            let kinds = try kinds(backend)
            let connect = try row("connect", of: kinds.bind, in: kinds.trace)
            #expect(connect.bound + connect.untimed + connect.unknown == connect.connects)
            #expect(connect.source == "127.0.0.1")
            let bind = try row("bind", of: kinds.bind, in: kinds.trace)
            #expect(bind.destination == nil && bind.source == "127.0.0.1")
            if backend.seesSearch { #expect(bind.searchNs?.sum ?? 0 > 0) }
        }

        @Test(arguments: Lab.backends)
        func bindFindsNoPort(backend: Backend) throws {
            let kinds = try kinds(backend)
            for load in [kinds.noneFree, kinds.noneFree6] {
                #expect(load.failed["EADDRINUSE"] ?? 0 >= 249)
                _ = try row("bind", of: load, in: kinds.trace)
                #expect(!kinds.trace.rows.connects.contains { $0.pid == load.pid })
            }
        }

        /// The address is bound, the port is searched by connect.
        @Test(arguments: Lab.backends)
        func bindAddressNoPort(backend: Backend) throws {
            let kinds = try kinds(backend)
            let row = try row("connect", of: kinds.noPort, in: kinds.trace)
            #expect(row.bound == 0 && row.source == "127.0.0.1")
            if backend.seesSearch { #expect(row.searchNs?.sum ?? 0 > 0) }
            #expect(!kinds.trace.rows.binds.contains { $0.pid == kinds.noPort.pid })
        }

        @Test(arguments: Lab.backends)
        func ownRangeIsTheRange(backend: Backend) throws {
            try Namespace().requireOwnRange()
            let kinds = try kinds(backend)
            _ = try row("connect", of: kinds.ownRange, in: kinds.trace)
            // The system calls do not show a socket's own range.
            guard backend.seesSearch else { return }
            let ranges = kinds.trace.ranges
            let own = try #require(ranges.first { $0.port == 7004 })
            #expect(own.low == 41010 && own.high == 41039 && own.size == 30)
            let other = try #require(ranges.first { $0.port == 7003 })
            #expect(other.low == 41000 && other.high == 41050 && other.size == 51)
        }

        /// Closed by its owner before an answer came: neither success nor failure.
        @Test(arguments: Lab.backends)
        func abandoned(backend: Backend) throws {
            let kinds = try kinds(backend)
            let row = try row("connect", of: kinds.abandoned, in: kinds.trace)
            #expect((row.abandoned...row.abandoned + kinds.trace.summary.doubt).contains(300))
            #expect(kinds.trace.rows.allSatisfy { $0.abandoned == 0 || $0.pid == row.pid })
        }

        /// With binds and connects alike: summary and rows agree.
        @Test(arguments: Lab.backends)
        func totalsAreThoseOfTheLoads(backend: Backend) throws {
            let kinds = try kinds(backend)
            let connecting = [kinds.port, kinds.bind, kinds.noPort, kinds.ownRange, kinds.abandoned]
            let binding = [kinds.bind, kinds.noneFree, kinds.noneFree6]
            let summary = kinds.trace.summary
            if summary.doubt == 0 {
                expect(kinds.trace, has: connecting)
                #expect(summary.binds == binding.connects)
                #expect(summary.bound == kinds.port.connects + kinds.bind.connects)
                #expect(summary.abandoned == kinds.abandoned.connects)
            }
            // A missed probe of connect and one of bind are in one number.
            #expect(
                (summary.connects + summary.binds...summary.connects + summary.binds + summary.doubt)
                    .contains(connecting.connects + binding.connects))
            expectFailures(summary.bindsFailed, binding.failed, doubt: summary.doubt)
        }
    }
}
