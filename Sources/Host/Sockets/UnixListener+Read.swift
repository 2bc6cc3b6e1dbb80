// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
public import Model

extension UnixListener {
    /// Every Unix socket that listens in the calling thread's network namespace, by the kernel's
    /// socket diagnosis (`net/unix/diag.c`): `/proc/net/unix` has no queues.
    public static func allHere() throws(HostError) -> [UnixListener] {
        let socket = OpenFile(owning: try check(why_open_sock_diag(), "ask for Unix sockets"))
        try check(why_ask_unix_listeners(socket.descriptor), "ask for Unix sockets")
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var found: [UnixListener] = []
        while found.count < most {
            let got = recv(socket.descriptor, buffer.baseAddress, buffer.count, 0)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw HostError(errno: errno, "ask for Unix sockets") }
            let answer = UnixDiagnosis(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            found += answer.listeners
            if let error = answer.error { throw HostError(errno: error, "ask for Unix sockets") }
            if answer.isLast || got == 0 { break }
        }
        return found
    }

    /// Enough for any machine, and no endless answer.
    private static let most = 1 << 16
}

/// A piece of the kernel's answer.
struct UnixDiagnosis {
    private(set) var listeners: [UnixListener] = []
    private(set) var isLast = false
    /// Why there is no answer. `nil`: there is.
    private(set) var error: Int32?

    /// - Parameter bytes: messages, one after the other (struct nlmsghdr), each of a socket
    ///   (struct unix_diag_msg) with attributes (struct nlattr).
    init(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while let message = Self.take(&rest, as: UInt32.self, header: 16) {
            switch Int32(message.loadUnaligned(fromByteOffset: 4, as: UInt16.self)) {
            case NLMSG_DONE: isLast = true
            case NLMSG_ERROR:
                isLast = true
                if message.count >= 20 { error = -message.loadUnaligned(fromByteOffset: 16, as: Int32.self) }
            default:
                if let listener = Self.listener(UnsafeRawBufferPointer(rebasing: message[16...])) {
                    listeners.append(listener)
                }
            }
        }
    }

    private static func listener(_ bytes: UnsafeRawBufferPointer) -> UnixListener? {
        let size = 16
        guard bytes.count >= size else { return nil }
        var listener = UnixListener(
            path: "", inode: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self), waiting: 0, backlog: 0)
        var rest = bytes[size...]
        while let attribute = take(&rest, as: UInt16.self, header: 4) {
            let value = UnsafeRawBufferPointer(rebasing: attribute[4...])
            switch UInt32(attribute.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) {
            case UInt32(UNIX_DIAG_NAME): listener.path = UnixPath.text(value)
            case UInt32(UNIX_DIAG_RQLEN) where value.count >= 8:
                listener.waiting = value.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
                listener.backlog = value.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            default: break
            }
        }
        return listener
    }

    /// The next of things that begin with their length and stand at multiples of four bytes.
    /// `nil`: there is none, or less of it than it says.
    private static func take<Length: FixedWidthInteger & BitwiseCopyable>(
        _ rest: inout Slice<UnsafeRawBufferPointer>, as type: Length.Type, header: Int
    ) -> UnsafeRawBufferPointer? {
        let bytes = UnsafeRawBufferPointer(rebasing: rest)
        guard bytes.count >= header else { return nil }
        let length = Int(bytes.loadUnaligned(fromByteOffset: 0, as: type))
        guard length >= header, length <= bytes.count else { return nil }
        rest = rest.dropFirst((length + 3) & ~3)
        return UnsafeRawBufferPointer(rebasing: bytes[..<length])
    }
}
