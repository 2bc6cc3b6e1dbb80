// SPDX-License-Identifier: Apache-2.0
import Glibc

extension NetworkNamespace {
    /// How a command is made to run in a namespace, with a space at the end: "" in the calling
    /// thread's own, "ip netns exec blue ", "nsenter -t 123 -n ". `nil`: neither a name nor a
    /// process is known to be in it.
    /// - Parameters:
    ///   - inode: the namespace's.
    ///   - pid: a process that is likely to be in it.
    public static func commandPrefix(inode: UInt32, near pid: Int32? = nil) -> String? {
        if (try? ownInode()) == inode { return "" }
        for directory in namedDirectories {
            for name in directoryEntries(directory) where self.inode(at: "\(directory)/\(name)") == inode {
                // `ip netns` knows its own directory only.
                return directory == namedDirectories[0]
                    ? "ip netns exec \(shellWord(name)) "
                    : "nsenter --net=\(shellWord("\(directory)/\(name)")) "
            }
        }
        let processes = (pid.map { [$0] } ?? []) + Processes.all()
        return processes.first { self.inode(at: "/proc/\($0)/ns/net") == inode }.map {
            "nsenter -t \($0) -n "
        }
    }

    /// The same for many namespaces: names and processes are gone through once.
    /// - Parameter places: where they were just seen.
    public static func commandPrefixes(of places: [Place]) -> [UInt32: String] {
        var prefixes: [UInt32: String] = [:]
        for place in places {
            let pid = place.path.split(separator: "/").dropFirst().first.flatMap { Int32($0) }
            // One that is seen by a name has it below.
            if let pid, place.path.hasPrefix("/proc/") { prefixes[place.inode] = "nsenter -t \(pid) -n " }
        }
        for directory in namedDirectories.reversed() {
            for name in directoryEntries(directory).reversed() {
                guard let inode = inode(at: "\(directory)/\(name)") else { continue }
                prefixes[inode] =
                    directory == namedDirectories[0]
                    ? "ip netns exec \(shellWord(name)) "
                    : "nsenter --net=\(shellWord("\(directory)/\(name)")) "
            }
        }
        if let own = try? ownInode() { prefixes[own] = "" }
        return prefixes
    }

    /// A word that a shell takes as it is, whatever is in it.
    static func shellWord(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        if isPlain { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
            + "'"
    }
}
