// SPDX-License-Identifier: Apache-2.0
import Testing

extension KernelTests {
    /// Whose connections a listener loses.
    @Suite struct PeersTests {
        @Test(arguments: Lab.probing)
        func thoseDroppedMostAreNamed(backend: Backend) throws {
            let namespace = try Namespace()
            let full = try Load("-L -B 3 -n 4 -k -i 120 127.0.0.1 7001", in: namespace)
            _ = try full.result()
            #expect(try Lab.wait { try namespace.acceptQueues().values.first == 4 })
            // SYNs made by hand: nobody sends them again.
            let counts = [40, 30, 20, 10, 9, 8, 7]
            let run = try DropsRun(backend, in: namespace) {
                for (number, count) in counts.enumerated() {
                    try Load.run("-Y 127.9.0.\(number + 1) -n \(count) 127.0.0.1 7001", in: namespace)
                }
            }
            let row = try run.row(7001)
            #expect(row.listenDrops == counts.reduce(0, +))
            #expect(row.peers.map(\.count) == [40, 30, 20, 10, 9])
            #expect(row.peers.map(\.address) == (1...5).map { "127.9.0.\($0)" })
            #expect(row.peersOther == 15)
            try full.end()
        }

        /// Each CPU has places for a few of its own; those that come last and most often
        /// find them taken.
        @Test(arguments: Lab.probing)
        func morePeersThanThereArePlacesFor(backend: Backend) throws {
            let namespace = try Namespace()
            let full = try Load("-L -B 3 -n 4 -k -i 120 127.0.0.1 7001", in: namespace)
            _ = try full.result()
            #expect(try Lab.wait { try namespace.acceptQueues().values.first == 4 })
            let counts = 1...40
            let run = try DropsRun(backend, in: namespace) {
                for count in counts {
                    try Load.run("-Y 127.9.0.\(count) -n \(count) 127.0.0.1 7001", in: namespace)
                }
            }
            let row = try run.row(7001)
            #expect(row.listenDrops == counts.reduce(0, +))
            #expect(row.peers.map(\.count) == [40, 39, 38, 37, 36])
            #expect(row.peers.map(\.address) == row.peers.map { "127.9.0.\($0.count)" })
            #expect(row.peersOther == (1...35).reduce(0, +))
            try full.end()
        }

        @Test(arguments: Lab.probing)
        func ofIPv6Too(backend: Backend) throws {
            let namespace = try Namespace()
            let full = try Load("-L -B 3 -n 4 -k -i 120 ::1 7001", in: namespace)
            _ = try full.result()
            let run = try DropsRun(backend, in: namespace) {
                try Load.run("-q -n 20 ::1 7001", in: namespace)
            }
            let row = try run.row(7001)
            #expect(row.peers.map(\.address) == ["::1"] && row.peersOther == 0)
            try full.end()
        }
    }
}
