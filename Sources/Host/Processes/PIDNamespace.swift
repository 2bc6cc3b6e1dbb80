// SPDX-License-Identifier: Apache-2.0

/// Process ids mean something in their pid namespace only. The kernel's programs know those of
/// the first one.
public enum PIDNamespace {
    /// `PROC_PID_INIT_INO`, include/linux/proc_ns.h.
    private static let firstInode: UInt32 = 0xEFFF_FFFC

    /// Whether the calling process is in the first one, so that ids as it sees them are those
    /// that the kernel's programs see. `nil`: not known.
    public static func isFirst() -> Bool? {
        namespaceInode(at: "/proc/self/ns/pid").map { $0 == firstInode }
    }

    /// Whether `/proc` is that of another pid namespace than the calling process's: of the host's, in a
    /// container that was given it.
    public static func isProcAnothers() -> Bool {
        guard let first = namespaceInode(at: "/proc/1/ns/pid"),
            let own = namespaceInode(at: "/proc/self/ns/pid")
        else { return false }
        return first != own
    }

    /// Processes that have this id in a pid namespace of their own, by their ids here.
    public static func processes(numbered number: Int32) -> [Int32] {
        Processes.all().filter { pid in
            guard let status = try? readText("/proc/\(pid)/status") else { return false }
            let ids = numbers(parsing: status)
            return ids.count > 1 && ids.last == number
        }
    }

    /// A process's ids, from that of the namespace of `/proc` to that of its own.
    /// - Parameter status: `/proc/PID/status`: "NSpid:\t28379\t7".
    static func numbers(parsing status: String) -> [Int32] {
        guard let line = status.lines.first(where: { $0.hasPrefix("NSpid:") }) else {
            return []
        }
        return line.dropFirst(6).split { $0 == "\t" || $0 == " " }.compactMap { Int32($0) }
    }
}
