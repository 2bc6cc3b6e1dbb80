// SPDX-License-Identifier: Apache-2.0

/// Capabilities count in a user namespace. Root of one that somebody made for himself (`unshare -r`,
/// rootless containers) has all of them, and none over the kernel.
public enum UserNamespace {
    /// `PROC_USER_INIT_INO`, include/linux/proc_ns.h.
    private static let firstInode: UInt32 = 0xEFFF_FFFD

    /// Whether the calling process is in the first one. `nil`: not known.
    public static func isFirst() -> Bool? {
        namespaceInode(at: "/proc/self/ns/user").map { $0 == firstInode }
    }
}
