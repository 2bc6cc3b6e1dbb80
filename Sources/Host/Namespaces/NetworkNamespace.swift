// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// An open network namespace: it stays as long as this does.
public struct NetworkNamespace: ~Copyable, Sendable {
    /// Its number, as in `net:[4026531840]`.
    public let inode: UInt32
    let file: OpenFile

    /// - Parameter path: a namespace file: `/proc/PID/ns/net`, `/run/netns/NAME`.
    public init(path: String) throws(HostError) {
        // Not opened before it is known to be a namespace's: a FIFO would wait for its writer, and
        // a device may act on it.
        let found: OpenFile
        do throws(HostError) { found = try OpenFile(path, flags: OpenFile.placeOnly) } catch {
            guard error.errno == EACCES, path.hasPrefix("/proc/") else { throw error }
            throw HostError(
                errno: EACCES, error.what, detail: "another user's process takes CAP_SYS_PTRACE")
        }
        guard found.isIn(.nsfs) else { throw Self.isNone(path) }
        let file: OpenFile
        do throws(HostError) { file = try OpenFile("/proc/self/fd/\(found.descriptor)") } catch {
            throw HostError(errno: error.errno, "open \(path)")
        }
        let status = try file.status(path)
        guard why_namespace_kind(file.descriptor) == WHY_CLONE_NEWNET else { throw Self.isNone(path) }
        self.file = file
        inode = UInt32(truncatingIfNeeded: status.st_ino)
    }

    private static func isNone(_ path: String) -> HostError {
        HostError("enter \(path)", detail: "it is not a network namespace")
    }

    /// The calling thread's.
    public static func own() throws(HostError) -> NetworkNamespace {
        try NetworkNamespace(path: "/proc/thread-self/ns/net")
    }

    public static func ownInode() throws(HostError) -> UInt32 {
        try own().inode
    }

    public static func of(process pid: Int32) throws(HostError) -> NetworkNamespace {
        try NetworkNamespace(path: "/proc/\(pid)/ns/net")
    }

    /// Finds a namespace by its number: at the process that is likely to be in
    /// it, then at any process, then among the named ones.
    public static func find(
        inode: UInt32, near pid: Int32? = nil
    ) throws(HostError) -> NetworkNamespace {
        // The process may go meanwhile, and its number to another.
        if let place = place(inode: inode, near: pid),
            let namespace = try? NetworkNamespace(path: place.path), namespace.inode == inode
        {
            return namespace
        }
        throw HostError(
            "find network namespace \(inode)", detail: "no process is in it, and it has no name")
    }

    /// The same, not opened; `nil`: there is none.
    public static func place(inode: UInt32, near pid: Int32? = nil) -> Place? {
        places(near: pid).first { namespaceInode(at: $0) == inode }.map { Place(inode: inode, path: $0) }
    }
}
