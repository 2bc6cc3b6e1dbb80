// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Asks the kernel by netlink about the network namespace that the thread was in which made the
/// socket. Takes no privilege. Whoever is root of a namespace may write to its sockets: what is
/// not the kernel's, or answers an earlier question, is left aside, and nothing is waited for
/// for ever.
struct NetlinkSocket: ~Copyable {
    private let file: OpenFile
    /// As errors say it: "ask netfilter for its rules".
    private let what: String
    private var sequence: UInt32 = 0

    /// The kernel answers in recv() itself: what does not come within this time does not come.
    private static let patience = timeval(tv_sec: 2, tv_usec: 0)
    /// A datagram of the kernel is no longer (`NLMSG_GOODSIZE`, `min_dump_alloc`).
    private static let datagramSize = 1 << 16
    private static let mostDatagrams = 4096

    /// - Parameter family: NETLINK_ROUTE, NETLINK_NETFILTER, …
    init(_ family: Int32, _ what: String) throws(HostError) {
        let kind = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
        let file = OpenFile(owning: try check(socket(AF_NETLINK, kind, family), what))
        var patience = Self.patience
        let size = socklen_t(MemoryLayout<timeval>.size)
        try check(setsockopt(file.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size), what)
        self.file = file
        self.what = what
    }

    /// Has the kernel list all of a kind.
    /// - Parameters:
    ///   - request: the fixed part that the type has.
    ///   - take: is given each; `false`: enough.
    /// - Returns: whether that was all of them.
    mutating func list<Request: BitwiseCopyable>(
        _ type: Int, _ request: Request, _ take: (NetlinkMessage) -> Bool
    ) throws(HostError) -> Bool {
        try ask(type, request, flags: NLM_F_DUMP)
        for _ in 0..<Self.mostDatagrams {
            for message in try answer() {
                if message.isLast { return true }
                if let failure = message.failure { throw HostError(errno: failure, what) }
                if !message.isAcknowledgement, !take(message) { return false }
            }
        }
        throw HostError(what, detail: "the list has no end")
    }

    /// The one that a request asks for.
    mutating func first<Request: BitwiseCopyable>(
        _ type: Int, _ request: Request
    ) throws(HostError) -> NetlinkMessage {
        try ask(type, request)
        guard let message = try answer().first else { throw HostError(what, detail: "there is no answer") }
        if let failure = message.failure { throw HostError(errno: failure, what) }
        return message
    }

    private mutating func ask<Request: BitwiseCopyable>(
        _ type: Int, _ request: Request, flags: Int32 = 0
    ) throws(HostError) {
        sequence += 1
        let body = withUnsafeBytes(of: request) { Array($0) }
        var header = nlmsghdr()
        header.nlmsg_len = UInt32(MemoryLayout<nlmsghdr>.size + body.count)
        header.nlmsg_type = UInt16(type)
        header.nlmsg_flags = UInt16(NLM_F_REQUEST | flags)
        header.nlmsg_seq = sequence
        let bytes = withUnsafeBytes(of: header) { Array($0) } + body
        try check(Int32(send(file.descriptor, bytes, bytes.count, 0)), what)
    }

    /// The messages of the next datagram that answers the last question.
    private func answer() throws(HostError) -> [NetlinkMessage] {
        for _ in 0..<Self.mostDatagrams {
            let messages = NetlinkMessage.all(in: try datagram()).filter { $0.sequence == sequence }
            if !messages.isEmpty { return messages }
        }
        throw HostError(what, detail: "others' messages come all the time")
    }

    /// Empty: it is not the kernel's.
    private func datagram() throws(HostError) -> [UInt8] {
        var length = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.datagramSize) { buffer, count in
            repeat {
                length = why_receive_from_kernel(file.descriptor, buffer.baseAddress, buffer.count)
            } while length < 0 && errno == EINTR
            count = max(0, min(length, buffer.count))
        }
        guard length >= 0 else { throw HostError(errno: errno, what) }
        guard length <= Self.datagramSize else {
            throw HostError(what, detail: "a datagram has \(length) bytes")
        }
        return bytes
    }
}
