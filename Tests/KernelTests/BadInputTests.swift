// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// What goes wrong is said in a line or two on standard error, with the right exit code:
    /// before the kernel is asked for anything.
    @Suite(.onOneKernel) struct BadInputTests {
        private func run(_ arguments: [String], as user: [String] = []) throws -> (Int32, String) {
            let child = try Child(user + [Lab.tcpwhy] + arguments)
            let status = try child.wait(seconds: 30)
            #expect(child.output.isEmpty)
            return (status, child.error)
        }

        @Test(arguments: [
            (["ports", "0"], Int32(2), "from 0.01 to 86400 seconds, not 0"),
            (["ports", "--dest", "1.2.3"], 2, "not an address"),
            (["ports", "-p", "999999999"], 1, "no process has the id 999999999"),
            (["ports", "--netns", "no-such-namespace"], 1, "no-such-namespace"),
            (["ports", "--cgroup", "/no/such/cgroup"], 1, "/no/such/cgroup"),
            (["ports", "-o", "/no/such/folder/file"], 1, "/no/such/folder/file"),
            (["drops", "0"], 2, "from 0.01 to 86400 seconds, not 0"),
            (["drops", "-P", "0"], 2, "port 0"),
            (["drops", "-P", "65536"], 2, "65536"),
            (["drops", "-p", "0"], 2, "positive"),
            (["drops", "-c", ""], 2, "needs a name"),
            (["drops", "--listener", "nonsense"], 2, "'nonsense' is not an address and a port"),
            (["drops", "--listener", "1.2.3:80"], 2, "not an address"),
            (["drops", "-p", "999999999"], 1, "no process has the id 999999999"),
            (["drops", "--netns", "no-such-namespace"], 1, "no-such-namespace"),
            (["drops", "-o", "/no/such/folder/file"], 1, "/no/such/folder/file"),
            (["nonsense"], 2, "nonsense"),
        ])
        func oneClearMessage(arguments: [String], code: Int32, says: String) throws {
            let (status, error) = try run(arguments)
            #expect(status == code)
            #expect(error.contains(says), "\(error)")
            #expect(error.split(separator: "\n").count <= 4, "\(error)")
        }

        @Test func aBackendThatIsNotToBeHadIsRefused() throws {
            for backend in Backend.allCases where !Lab.backends.contains(backend) && Lab.isNative {
                let (status, error) = try run(["ports", "--backend", backend.rawValue])
                #expect(status == 1)
                #expect(error.contains("backend \(backend.rawValue) is not to be had here"))
            }
        }

        @Test(.enabled(if: Lab.isNative, "the guests have no setpriv"))
        func withoutPrivilegesItSaysWhatIsMissing() throws {
            let nobody = ["setpriv", "--reuid", "65534", "--clear-groups"]
            let (status, error) = try run(["ports"], as: nobody)
            #expect(status == 77)
            #expect(error.contains("CAP_BPF and CAP_PERFMON") && error.contains("sudo"))
        }

        @Test(.enabled(if: Lab.isNative, "the guests have no setpriv"))
        func theMissingCapabilityIsNamed() throws {
            let without = ["setpriv", "--bounding-set", "-perfmon,-sys_admin", "--inh-caps=-all"]
            let (status, error) = try run(["ports"], as: without)
            #expect(status == 77)
            #expect(error.contains("CAP_PERFMON") && !error.contains("CAP_BPF"), "\(error)")
        }
    }
}
