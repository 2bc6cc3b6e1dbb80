// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Asks the kernel for what nf_tables holds in the calling thread's network namespace.
struct NetfilterSocket: ~Copyable {
    private let file: OpenFile
    private static let what = "ask netfilter for its rules"

    init() throws(HostError) {
        let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let file = OpenFile(owning: try check(socket(AF_NETLINK, kind, NETLINK_NETFILTER), Self.what))
        // The kernel answers in recv() itself: whoever waits longer waits for nothing.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        try check(
            setsockopt(
                file.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size)),
            Self.what)
        self.file = file
    }

    /// Has the kernel list all objects of a kind.
    /// - Parameters:
    ///   - request: NFT_MSG_GETRULE, …
    ///   - take: gets the attributes of each, and the table's family (NFPROTO_*); `false`: enough.
    /// - Returns: whether that was all of them.
    func dump(
        _ request: nf_tables_msg_types, _ take: (UInt8, ArraySlice<UInt8>) -> Bool
    ) throws(HostError) -> Bool {
        try send(request)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let received = try receive(into: buffer)
            for message in NetlinkMessage.all(in: Array(buffer[..<received])) {
                let body = message.body
                switch Int32(message.type) {
                case NLMSG_DONE: return true
                case NLMSG_ERROR:
                    let failure: Int32 = body.integer(at: 0) ?? -EPROTO
                    guard failure == 0 else { throw HostError(errno: -failure, Self.what) }
                default:
                    // `struct nfgenmsg` stands before the attributes: its first byte is the family.
                    guard Int32(message.type) >> 8 == NFNL_SUBSYS_NFTABLES, body.count >= 4,
                        let family = body.first
                    else { continue }
                    if !take(family, body.dropFirst(4)) { return false }
                }
            }
        }
    }

    private func send(_ request: nf_tables_msg_types) throws(HostError) {
        var message = nlmsghdr()
        message.nlmsg_len = 20
        message.nlmsg_type = UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(request.rawValue)
        message.nlmsg_flags = UInt16(NLM_F_REQUEST | NLM_F_DUMP)
        // Behind it `struct nfgenmsg`: all families, version 0.
        let bytes = withUnsafeBytes(of: message) { Array($0) } + [0, 0, 0, 0]
        try check(Int32(Glibc.send(file.descriptor, bytes, bytes.count, 0)), Self.what)
    }

    private func receive(into buffer: UnsafeMutableRawBufferPointer) throws(HostError) -> Int {
        while true {
            let received = recv(file.descriptor, buffer.baseAddress, buffer.count, 0)
            if received > 0 { return received }
            if received == 0 { throw HostError(Self.what, detail: "the answer ends too early") }
            if errno != EINTR { throw HostError(errno: errno, Self.what) }
        }
    }
}
