// SPDX-License-Identifier: Apache-2.0
import Glibc
public import Model

extension NetworkNamespace {
    /// How a command is made to run in a namespace, with a space at the end: "" in the calling
    /// thread's own, "ip netns exec blue ", "nsenter -t 123 -n ". `nil`: neither a name nor a
    /// process is known to be in it.
    /// - Parameters:
    ///   - inode: the namespace's.
    ///   - pid: a process that is likely to be in it.
    public static func commandPrefix(inode: UInt32, near pid: Int32? = nil) -> ShellCommand? {
        if (try? ownInode()) == inode { return "" }
        for directory in namedDirectories {
            for name in directoryEntries(directory) where namespaceInode(at: "\(directory)/\(name)") == inode
            {
                return commandPrefix(name, in: directory)
            }
        }
        let processes = (pid.map { [$0] } ?? []) + Processes.all()
        return processes.first { namespaceInode(at: "/proc/\($0)/ns/net") == inode }.map {
            "nsenter -t \($0) -n "
        }
    }

    /// The same for many namespaces: names and processes are gone through once.
    /// - Parameter places: where they were just seen.
    public static func commandPrefixes(of places: [Place]) -> [UInt32: ShellCommand] {
        var prefixes: [UInt32: ShellCommand] = [:]
        for place in places {
            let pid = place.path.split(separator: "/").dropFirst().first.flatMap { Int32($0) }
            // One that is seen by a name has it below.
            if let pid, place.path.hasPrefix("/proc/") { prefixes[place.inode] = "nsenter -t \(pid) -n " }
        }
        for directory in namedDirectories.reversed() {
            for name in directoryEntries(directory).reversed() {
                guard let inode = namespaceInode(at: "\(directory)/\(name)") else { continue }
                prefixes[inode] = commandPrefix(name, in: directory)
            }
        }
        if let own = try? ownInode() { prefixes[own] = "" }
        return prefixes
    }

    /// `ip netns` knows its own directory only.
    static func commandPrefix(_ name: String, in directory: String) -> ShellCommand {
        if directory == namedDirectories[0] { return "ip netns exec \(name) " }
        let path = "\(directory)/\(name)"
        return "nsenter --net=\(path) "
    }
}
