// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Behind a listening MPTCP socket is a TCP socket of the kernel's own, which loses the
/// connections; they are its owner's.
extension KernelTests.DropsTests {
    private static let hasMPTCP = FileManager.default.fileExists(atPath: "/proc/sys/net/mptcp")

    @Test(.enabled(if: Self.hasMPTCP, "this kernel has no MPTCP"), arguments: Lab.backends)
    func anMPTCPListenerIsItsOwners(backend: Backend) throws {
        let namespace = try Namespace()
        try namespace.set("mptcp/enabled", "1")
        try namespace.sendNoCookies()
        let server = try Load("-L -M -n 0 -B 8 -i 600 127.0.0.1 7001", in: namespace)
        _ = try server.result()
        let run = try DropsRun(backend, in: namespace) {
            try namespace.fillAcceptQueue("127.0.0.1", 7001, 9)
            try Load.run("-q -n 20 127.0.0.1 7001", in: namespace)
            // Sockets of both ends: more SYNs may follow before they are closed.
            try Load.run("-q -M -n 20 127.0.0.1 7001", in: namespace)
        }
        expect(run.trace, has: run.truth)
        #expect(run.truth.drops >= 40 && run.truth.overflows == run.truth.drops)
        let row = try run.row(7001)
        #expect(row.pid == [server.pid] && row.comm == "tcpload" && !row.closed)
        #expect(row.fd.map { server.sockets[$0] } == [row.inode])
        #expect(row.acceptQueue == 9 && row.backlog == 8 && row.skDrops == run.truth.drops)
        if backend != .tracepoint {
            #expect(row.causes?.occurred == [Cause.acceptQueueFullSYN.rawValue: run.truth.drops])
        }
    }
}
