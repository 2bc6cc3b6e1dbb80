// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
public import Model

extension UnixListener {
    /// Every Unix socket that listens in the calling thread's network namespace, by the kernel's
    /// socket diagnosis (`net/unix/diag.c`): `/proc/net/unix` has no queues.
    public static func allHere() throws(HostError) -> [UnixListener] {
        var socket = try NetlinkSocket(NETLINK_SOCK_DIAG, "ask for Unix sockets")
        var request = unix_diag_req()
        request.sdiag_family = UInt8(AF_UNIX)
        request.udiag_states = 1 << listening
        request.udiag_show = UInt32(UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN)
        var found: [UnixListener] = []
        _ = try socket.list(Int(SOCK_DIAG_BY_FAMILY), request) { message in
            if let listener = UnixListener(message.body) { found.append(listener) }
            return found.count < most
        }
        return found
    }

    /// Enough for any machine, and no endless answer.
    private static let most = 1 << 16
    /// TCP_LISTEN (include/net/tcp_states.h), which Unix sockets have as well.
    private static let listening: UInt32 = 10

    /// - Parameter body: `struct unix_diag_msg`, then attributes. `nil`: it is none.
    init?(_ body: ArraySlice<UInt8>) {
        guard let inode: UInt32 = body.integer(at: 4), body.count >= MemoryLayout<unix_diag_msg>.size else {
            return nil
        }
        let attributes = NetlinkAttributes(body.dropFirst(MemoryLayout<unix_diag_msg>.size))
        let name = attributes[UNIX_DIAG_NAME]
        let queue = UNIX_DIAG_RQLEN
        self.init(
            path: name.map { UnixPath.text($0) } ?? "", inode: inode,
            waiting: attributes.integer(queue) ?? 0, backlog: attributes.integer(queue, at: 4) ?? 0)
    }
}
