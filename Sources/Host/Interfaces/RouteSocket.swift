// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A socket that asks the kernel about the interfaces of a network namespace: of the one that the
/// thread was in which made it. Takes no privilege.
struct RouteSocket: ~Copyable {
    private let file: OpenFile
    private var sequence: UInt32 = 0

    /// The kernel answers at once; what does not come within this time does not come.
    private static let patience = timeval(tv_sec: 2, tv_usec: 0)
    /// A datagram of the kernel is no longer (`NLMSG_GOODSIZE`, rtnetlink's `min_dump_alloc`).
    private static let datagramSize = 1 << 16
    private static let mostDatagrams = 4096

    init() throws(HostError) {
        let file = OpenFile(
            owning: try check(
                socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), NETLINK_ROUTE),
                "open a netlink socket"))
        var patience = Self.patience
        try check(
            setsockopt(
                file.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size)),
            "bound the wait for netlink")
        self.file = file
    }

    /// Every one of a kind.
    /// - Parameter take: is given the messages' bodies.
    mutating func list(_ type: Int, _ take: (ArraySlice<UInt8>) -> Void) throws(HostError) {
        try ask(type, flags: NLM_F_ROOT | NLM_F_MATCH)
        for _ in 0..<Self.mostDatagrams {
            for message in try answer() {
                switch Int32(message.type) {
                case NLMSG_DONE: return
                case NLMSG_ERROR: throw Self.error(message.body)
                default: take(message.body)
                }
            }
        }
        throw HostError("list what netlink knows", detail: "the list has no end")
    }

    /// What is known of one interface.
    mutating func link(_ interface: UInt32) throws(HostError) -> ArraySlice<UInt8> {
        try ask(Int(RTM_GETLINK), interface: interface)
        guard let message = try answer().first, message.type != UInt16(NLMSG_ERROR) else {
            throw HostError("find interface \(interface)")
        }
        return message.body
    }

    private mutating func ask(_ type: Int, flags: Int32 = 0, interface: UInt32 = 0) throws(HostError) {
        sequence += 1
        try check(
            why_ask_rtnetlink(
                file.descriptor, UInt16(type), UInt16(flags), sequence, Int32(bitPattern: interface)),
            "ask netlink")
    }

    /// The messages of the next datagram that answers the last question.
    private func answer() throws(HostError) -> [NetlinkMessage] {
        for _ in 0..<Self.mostDatagrams {
            let messages = NetlinkMessage.all(in: try datagram()).filter { $0.sequence == sequence }
            if !messages.isEmpty { return messages }
        }
        throw HostError("read netlink", detail: "others' messages come all the time")
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
        guard length >= 0 else { throw HostError(errno: errno, "read netlink") }
        guard length <= Self.datagramSize else {
            throw HostError("read netlink", detail: "a datagram has \(length) bytes")
        }
        return bytes
    }

    /// - Parameter body: `struct nlmsgerr`, which begins with the errno, negative.
    private static func error(_ body: ArraySlice<UInt8>) -> HostError {
        let code: Int32 = body.integer(at: 0) ?? 0
        return HostError(errno: code == .min ? 0 : abs(code), "list what netlink knows")
    }
}
