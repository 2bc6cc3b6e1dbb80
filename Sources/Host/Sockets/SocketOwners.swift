// SPDX-License-Identifier: Apache-2.0
import Glibc
public import Model

/// Who holds a socket: the kernel keeps no way from a socket to its processes, so
/// that the way leads, as `ss -p` goes it, through every descriptor of every process.
public enum SocketOwners {
    /// The owners by the sockets' inodes, each in order of process and descriptor.
    /// A socket that nobody holds, or only processes that may not be looked at (it
    /// takes CAP_SYS_PTRACE for other users'), is left out. Threads share their
    /// process's descriptors, so that the first one's stand for all.
    public static func find(_ inodes: Set<UInt32>) -> [UInt32: [SocketOwner]] {
        guard !inodes.isEmpty else { return [:] }
        var owners: [UInt32: [SocketOwner]] = [:]
        // The longest link of interest, "socket:[4294967295]", leaves room: one
        // that fills it is none.
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { link in
            for pid in Processes.all() {
                // Named at its first socket only, once.
                var command: String?
                forEachSocket(of: pid, by: link) { inode, descriptor in
                    guard inodes.contains(inode) else { return }
                    command = command ?? Processes.comm(pid)
                    // It has ended meanwhile, and holds nothing any more.
                    guard let command else { return }
                    owners[inode, default: []].append(
                        SocketOwner(
                            pid: UInt32(bitPattern: pid), command: command, descriptor: descriptor))
                }
            }
        }
        return owners.mapValues { $0.sorted { ($0.pid, $0.descriptor) < ($1.pid, $1.descriptor) } }
    }

    private static func forEachSocket(
        of pid: Int32, by link: UnsafeMutableRawBufferPointer,
        _ body: (_ inode: UInt32, _ descriptor: UInt32) -> Void
    ) {
        guard let base = link.baseAddress?.assumingMemoryBound(to: CChar.self),
            let directory = OpenDirectory("/proc/\(pid)/fd")
        else { return }
        directory.forEachName { name in
            let length = readlinkat(directory.descriptor, name, base, link.count)
            guard length > 0,
                let inode = inode(link: UnsafeRawBufferPointer(rebasing: link[..<length])),
                let descriptor = decimal(UnsafeRawBufferPointer(start: name, count: strlen(name)))
            else { return }
            body(inode, descriptor)
        }
    }

    /// - Parameter link: "socket:[12345]", as `sockfs_dname` writes it (net/socket.c).
    static func inode(link: UnsafeRawBufferPointer) -> UInt32? {
        let prefix: StaticString = "socket:["
        let start = prefix.utf8CodeUnitCount
        guard link.count > start + 1, let base = link.baseAddress,
            memcmp(base, prefix.utf8Start, start) == 0, link.last == UInt8(ascii: "]")
        else { return nil }
        return decimal(UnsafeRawBufferPointer(rebasing: link[start..<(link.count - 1)]))
    }

    /// `nil`: not a number, or too large a one.
    private static func decimal(_ digits: UnsafeRawBufferPointer) -> UInt32? {
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
            guard value <= UInt64(UInt32.max) else { return nil }
        }
        return UInt32(value)
    }
}
