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
        let file = try OpenFile(path)
        let status = try file.status(path)
        guard why_namespace_kind(file.descriptor) == WHY_CLONE_NEWNET else {
            throw HostError("enter \(path)", detail: "it is not a network namespace")
        }
        self.file = file
        inode = UInt32(truncatingIfNeeded: status.st_ino)
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
        var paths = ["/proc/thread-self/ns/net"]
        if let pid { paths.append("/proc/\(pid)/ns/net") }
        if let found = first(of: paths, with: inode) { return found }
        let processes = directoryEntries("/proc").filter { $0.first?.isNumber ?? false }
        if let found = first(of: processes.map { "/proc/\($0)/ns/net" }, with: inode) {
            return found
        }
        for directory in namedDirectories {
            let named = directoryEntries(directory).map { "\(directory)/\($0)" }
            if let found = first(of: named, with: inode) { return found }
        }
        throw HostError(
            "find network namespace \(inode)", detail: "no process is in it, and it has no name")
    }

    /// Where `ip netns` and container engines keep names.
    static let namedDirectories = ["/run/netns", "/run/docker/netns"]

    private static func first(of paths: [String], with inode: UInt32) -> NetworkNamespace? {
        for path in paths {
            var status = stat()
            guard stat(path, &status) == 0, UInt32(truncatingIfNeeded: status.st_ino) == inode,
                // The process may have gone, and its number to another.
                let namespace = try? NetworkNamespace(path: path), namespace.inode == inode
            else { continue }
            return namespace
        }
        return nil
    }
}
