// SPDX-License-Identifier: Apache-2.0
import CPrograms
import Model
import Testing

@testable import Probes

@Suite struct OwnerDecodingTests {
    @Test func acceptFailureIsDecoded() {
        var raw = why_accept_failure_key()
        raw.pid = 7
        raw.netns = 9
        raw.error = 24
        raw.comm = CommandName("nginx").raw
        #expect(AcceptFailure(raw) == AcceptFailure(pid: 7, command: "nginx", netns: 9, error: 24))
    }

    private func key(_ path: [UInt8], length: UInt32) -> why_unix_key {
        var raw = why_unix_key()
        raw.pid = 7
        raw.length = length
        raw.comm = CommandName("nginx").raw
        withUnsafeMutableBytes(of: &raw.path) { $0.copyBytes(from: path) }
        return raw
    }

    @Test func unixPathEndsWhereItDoes() {
        let path = Array("/run/a.sock".utf8)
        #expect(UnixConnect(key(path, length: 108)).path == "/run/a.sock")
        // Whoever calls says how long it is: no more is read than there is.
        #expect(UnixConnect(key(path, length: .max)).path == "/run/a.sock")
        #expect(UnixConnect(key(path, length: 4)).path == "/run")
        #expect(UnixConnect(key([0] + path, length: 5)).path == "@/run")
    }

    @Test func servedSocketsAreDecoded() {
        let raw = why_service_use(
            established: 1, close_wait: 2, unread: 3, unread_close_wait: 4, left_close_wait: 5)
        let sockets = ServedSockets(raw)
        #expect(sockets.established == 1 && sockets.closedByClient == 2 && sockets.unread == 3)
        #expect(sockets.unreadClosed == 4 && sockets.leftOpen == 5)
    }
}
