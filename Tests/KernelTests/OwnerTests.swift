// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// What the owner of a listening socket does, as `diagnose` sees it.
    @Suite struct OwnerTests {
        /// SIGSTOP: connections come about all the same, and wait.
        @Test(.onOneKernel, arguments: Lab.backends)
        func stoppedServerIsNamed(backend: Backend) throws {
            let namespace = try Namespace()
            let server = try Load("-l -n 0 -B 100 -i 600 127.0.0.1 7001", in: namespace)
            _ = try server.result()
            kill(pid_t(server.pid), SIGSTOP)
            let run = try DiagnosisRun.of(backend, in: namespace) {
                try Load.run("-n 20 127.0.0.1 7001", in: namespace)
                usleep(1_200_000)
            }
            kill(pid_t(server.pid), SIGCONT)
            let cause = try #require(run.findings.first)
            #expect(cause.id == "owner-stopped" && cause.confidence == "certain")
            #expect(cause.fix.compactMap(\.command) == ["kill -CONT \(server.pid)"])
            #expect(run["workers-too-few"] == nil && run["accept-stalls"] == nil)
            try server.end()
        }

        /// No descriptor is left for accept: its own error is told, and where the limit is.
        @Test(arguments: Lab.backends)
        func serverWithoutDescriptorsIsNamed(backend: Backend) throws {
            let namespace = try Namespace()
            // Standard input and output, and the socket that listens.
            let server = try Load("-l -n 0 -N 4 -B 100 -i 600 127.0.0.1 7001", in: namespace)
            _ = try server.result()
            let run = try DiagnosisRun.of(backend, in: namespace) {
                try Load.run("-q -n 20 127.0.0.1 7001", in: namespace)
                usleep(2_200_000)
            }
            let cause = try #require(run.findings.first)
            #expect(cause.id == "accept-fails" && cause.confidence == "certain")
            #expect(cause.summary.contains("EMFILE"))
            #expect(cause.value("open_file_limit") == 4)
            #expect(try #require(cause.value("accept_failures_per_s")) > 0)
            #expect(run["workers-too-few"] == nil)
            try server.end()
        }

        /// A queue of 7 takes 8; the others are told to try again, by path and caller.
        @Test(arguments: Lab.backends)
        func fullUnixSocketIsNamed(backend: Backend) throws {
            let namespace = try Namespace()
            var load: Load!
            let run = try DiagnosisRun.of(backend, in: namespace) {
                load = try Load("-U -B 7 -n 40 -i 600 127.0.0.1 1", in: namespace)
                #expect(try load.result().failed == ["EAGAIN": 32])
                usleep(1_200_000)
            }
            guard !run.summary.notExamined.contains(where: { $0.id == "unix-socket-backlog" }) else {
                try Test.cancel("this kernel shows no arguments at a call's return (5.15)")
            }
            let finding = try #require(run["unix-socket-backlog"])
            #expect(finding.confidence == "certain" && finding.subject == "tcpload to @tcpload (tcpload)")
            let failed = try #require(finding.value("unix_connects_failed_per_s")) * run.summary.durationS
            #expect(Int(failed.rounded()) == 32)
            #expect(finding.value("backlog") == 7 && finding.value("waiting") == 8)
            try load.end()
        }

        /// Accepted, and never read: twenty clients have sent something, and closed.
        @Test(.onOneKernel, arguments: Lab.backends)
        func unreadConnectionsAreTold(backend: Backend) throws {
            let namespace = try Namespace()
            let server = try Load("-l -k -n 0 -i 600 127.0.0.1 7001", in: namespace)
            _ = try server.result()
            let run = try DiagnosisRun.of(backend, in: namespace) {
                try Load.run("-w -j -n 20 127.0.0.1 7001", in: namespace)
                usleep(1_500_000)
            }
            let finding = try #require(run["not-served"])
            #expect(finding.value("unread_connections") == 20 && finding.value("close_wait") == 20)
            #expect(finding.subject.hasPrefix("127.0.0.1:7001"))
            try server.end()
        }
    }
}
