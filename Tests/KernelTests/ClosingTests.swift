// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// What waits in an accept queue when its socket closes.
    @Suite struct ClosingTests {
        /// Connections to the port that two sockets share.
        private static let shared = 40

        private struct Seen {
            var run: DiagnosisRun
            /// What was in the queue of the first of port 7003's two sockets.
            var first: Int
            /// What was in the queues of both when the first one had closed.
            var left: Int
        }

        private nonisolated(unsafe) static var traced: [Backend: Seen] = [:]

        private func queue(_ connects: Int, at port: UInt16, in namespace: Namespace) throws -> Load {
            let clients = try Load("-k -n \(connects) -i 600 127.0.0.1 \(port)", in: namespace)
            let waits = try Lab.wait { try namespace.acceptQueue(port) == connects }
            guard waits else { throw TestFailure("the accept queue of port \(port) does not fill") }
            return clients
        }

        private func listener(_ options: String, _ port: UInt16, in namespace: Namespace) throws -> Load {
            let load = try Load("-L -n 0 \(options) -i 600 127.0.0.1 \(port)", in: namespace)
            _ = try load.result()
            return load
        }

        /// One trace for all: to begin one takes an emulator seconds.
        private func seen(_ backend: Backend) throws -> Seen {
            if let known = Self.traced[backend] { return known }
            let namespace = try Namespace()
            // 5.10 may have the setting, and heeds it not.
            try? namespace.set("ipv4/tcp_migrate_req", "1")
            let alone = try listener("", 7001, in: namespace)
            let empty = try listener("", 7002, in: namespace)
            let sharing = try (0..<2).map { _ throws in try listener("-R 1", 7003, in: namespace) }
            var clients: [Load] = []
            var (first, left) = (0, 0)
            let run = try DiagnosisRun.of(backend, in: namespace) {
                clients.append(try queue(23, at: 7001, in: namespace))
                try alone.end()
                try empty.end()
                clients.append(try queue(Self.shared, at: 7003, in: namespace))
                let inodes = Set(sharing[0].sockets.values)
                let queues = try namespace.acceptQueues()
                first = queues.filter { inodes.contains($0.key) }.values.reduce(0, +)
                try sharing[0].end()
                left = try namespace.acceptQueue(7003)
                usleep(1_200_000)
            }
            for load in clients + [sharing[1]] { try load.end() }
            let seen = Seen(run: run, first: first, left: left)
            Self.traced[backend] = seen
            return seen
        }

        private func finding(_ port: UInt16, _ seen: Seen) -> DiagnosisRun.Finding? {
            seen.run.findings.first { $0.id == "queue-lost-on-close" && $0.subject.contains(":\(port)") }
        }

        @Test(arguments: Lab.backends)
        func whatWaitsIsLostExactly(backend: Backend) throws {
            let seen = try seen(backend)
            let finding = try #require(self.finding(7001, seen))
            #expect(finding.count("lost_on_close_per_s") == 23)
            #expect(finding.evidence.first?.backend == backend.rawValue)
            #expect(finding.confidence == "certain" && finding.summary.contains("nobody listens there now"))
            #expect(self.finding(7002, seen) == nil)
        }

        /// What goes to another socket is not lost; where the kernel does not do that, all is.
        @Test(arguments: Lab.backends)
        func whatMigratesIsNotLost(backend: Backend) throws {
            let seen = try seen(backend)
            #expect((1..<Self.shared).contains(seen.first))
            let lost = Self.shared - seen.left
            #expect(lost == 0 || lost == seen.first)
            Lab.figure("\(backend.rawValue), SO_REUSEPORT: \(lost) of \(seen.first) lost with its socket")
            #expect(finding(7003, seen)?.count("lost_on_close_per_s") == (lost == 0 ? nil : lost))
        }
    }
}
