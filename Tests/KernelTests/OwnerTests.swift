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
    }
}
