// SPDX-License-Identifier: Apache-2.0
import Testing

extension KernelTests {
    /// Whose connections a listener loses.
    @Suite struct PeersTests {
        /// One trace serves all of these tests, a port for each.
        private nonisolated(unsafe) static var traced: [Backend: DropsRun] = [:]

        /// From the first of these addresses so many SYNs, and so on.
        private static let fewPeers = [40, 30, 20, 10, 9, 8, 7]
        private static let manyPeers = Array(1...24)

        private func run(_ backend: Backend) throws -> DropsRun {
            if let known = Self.traced[backend] { return known }
            let namespace = try Namespace()
            let servers = try [("127.0.0.1", 7001), ("127.0.0.1", 7002), ("::1", 7003)].map {
                try Load("-L -B 3 -n 4 -k -i 600 \($0) \($1)", in: namespace)
            }
            for server in servers { _ = try server.result() }
            for port: UInt16 in [7001, 7002] {
                #expect(try Lab.wait { try namespace.acceptQueue(port) == 4 })
            }
            let run = try DropsRun(backend, in: namespace) {
                // SYNs made by hand: nobody sends them again.
                for (port, counts) in [(7001, Self.fewPeers), (7002, Self.manyPeers)] {
                    for (number, count) in counts.enumerated() {
                        try Load.run("-Y 127.9.0.\(number + 1) -n \(count) 127.0.0.1 \(port)", in: namespace)
                    }
                }
                try Load.run("-q -n 20 ::1 7003", in: namespace)
            }
            for server in servers { try server.end() }
            Self.traced[backend] = run
            return run
        }

        @Test(arguments: Lab.probing)
        func thoseDroppedMostAreNamed(backend: Backend) throws {
            let row = try run(backend).row(7001)
            #expect(row.listenDrops == Self.fewPeers.reduce(0, +))
            #expect(row.peers.map(\.count) == [40, 30, 20, 10, 9])
            #expect(row.peers.map(\.address) == (1...5).map { "127.9.0.\($0)" })
            #expect(row.peersOther == 15)
        }

        /// Each CPU has places for 16 of its own; those that come last and most often find
        /// them taken.
        @Test(arguments: Lab.probing)
        func morePeersThanThereArePlacesFor(backend: Backend) throws {
            let row = try run(backend).row(7002)
            #expect(row.listenDrops == Self.manyPeers.reduce(0, +))
            #expect(row.peers.map(\.count) == [24, 23, 22, 21, 20])
            #expect(row.peers.map(\.address) == row.peers.map { "127.9.0.\($0.count)" })
            #expect(row.peersOther == (1...19).reduce(0, +))
        }

        @Test(arguments: Lab.probing)
        func ofIPv6Too(backend: Backend) throws {
            let row = try run(backend).row(7003)
            #expect(row.peers.map(\.address) == ["::1"] && row.peersOther == 0)
        }
    }
}
