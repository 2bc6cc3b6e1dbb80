// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What `/proc` says of other processes.
public enum Processes {
    /// Every process that can be seen, in order; threads are none.
    public static func all() -> [Int32] {
        directoryEntries("/proc").compactMap { Int32($0) }.sorted()
    }

    /// Whether there is a process of this number; a thread's number is none.
    public static func exists(_ pid: Int32) -> Bool {
        // Signal 0 asks only; what may not be asked is there all the same.
        guard pid > 0, kill(pid, 0) == 0 || errno == EPERM else { return false }
        guard let status = try? readText("/proc/\(pid)/status") else { return true }
        return status.lines.contains("Tgid:\t\(pid)")
    }

    /// The command's name as the kernel keeps it: 15 bytes at most.
    public static func comm(_ pid: Int32) -> String? {
        guard var text = try? readText("/proc/\(pid)/comm") else { return nil }
        if text.unicodeScalars.last == "\n" { text.unicodeScalars.removeLast() }
        return text
    }

    /// Those whose command has this name.
    public static func named(_ comm: String) -> [Int32] {
        all().filter { self.comm($0) == comm }
    }

    /// Its path in the cgroup v2 tree.
    public static func cgroup(_ pid: Int32) throws(HostError) -> String? {
        Cgroup.path(parsing: try readText("/proc/\(pid)/cgroup"))
    }
}
