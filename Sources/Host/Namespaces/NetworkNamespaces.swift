// SPDX-License-Identifier: Apache-2.0
import Glibc

extension NetworkNamespace {
    /// A namespace, and where it was seen. Holds nothing: it may be gone by now.
    public struct Place: Sendable, Hashable {
        public let inode: UInt32
        /// A process's `ns/net`, or a named file.
        public let path: String

        /// There, or wherever else it is by now: the process may have ended, and
        /// `thread-self` is another thread on another thread.
        public func open() throws(HostError) -> NetworkNamespace {
            if let namespace = try? NetworkNamespace(path: path), namespace.inode == inode {
                return namespace
            }
            return try NetworkNamespace.find(inode: inode)
        }
    }

    /// Every namespace that a process is in or that has a name, each once, the
    /// calling thread's first. One that only a socket or a thread other than a
    /// process's first holds is not found, nor is a process's that may not be
    /// looked at (it takes CAP_SYS_PTRACE for other users').
    public static func all() -> [Place] {
        all(named: namedDirectories)
    }

    static func all(named directories: [String]) -> [Place] {
        var seen: Set<UInt32> = []
        var found: [Place] = []
        for path in places(named: directories) {
            // Most processes share one, so that opening is for the new ones. What
            // was once a name may be a plain file now: opening tells.
            guard let inode = namespaceInode(at: path), !seen.contains(inode),
                let namespace = try? NetworkNamespace(path: path),
                seen.insert(namespace.inode).inserted
            else { continue }
            found.append(Place(inode: namespace.inode, path: path))
        }
        return found
    }

    /// Where `ip netns` and container engines keep names.
    static let namedDirectories = ["/run/netns", "/run/docker/netns"]

    /// The files by which a namespace can be had, the likely ones first. Made
    /// while they are gone through: who finds early lists no processes.
    static func places(
        near pid: Int32? = nil, named directories: [String] = namedDirectories
    ) -> some Sequence<String> {
        let sources: [() -> [String]] = [
            { ["/proc/thread-self/ns/net"] },
            { pid.map { ["/proc/\($0)/ns/net"] } ?? [] },
            { Processes.all().map { "/proc/\($0)/ns/net" } },
            { directories.flatMap { directory in directoryEntries(directory).map { "\(directory)/\($0)" } } },
        ]
        return sources.lazy.flatMap { $0() }
    }
}

/// Of a namespace file, looked up without opening; `nil`: gone, or not ours to see.
func namespaceInode(at path: String) -> UInt32? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return UInt32(truncatingIfNeeded: status.st_ino)
}

/// Every network namespace, listed again only if there may be others.
public struct KnownNamespaces: Sendable {
    private var changes = ProcessChanges()
    private var places: [NetworkNamespace.Place] = []

    public init() {}

    /// As `NetworkNamespace.all`. One may have gone meanwhile: opening tells.
    /// - Parameters:
    ///   - anew: as they are now, whatever is known.
    ///   - mayList: whether they may be listed again, if there may be others.
    public mutating func all(anew: Bool = false, mayList: Bool = true) -> [NetworkNamespace.Place] {
        if anew || (mayList && changes.areDue()) { places = NetworkNamespace.all() }
        return places
    }
}
