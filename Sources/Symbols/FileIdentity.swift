// SPDX-License-Identifier: Apache-2.0
import CWorker
import Host

/// Tells whether two files are the same, unchanged one: by what a user cannot choose, as the kernel
/// has it in memory.
struct FileIdentity: Hashable {
    private let device: UInt64
    let inode: UInt64
    let size: UInt64
    private let changedSeconds: Int64
    private let changedNanoseconds: UInt32

    /// `nil`: cannot be told, or is no regular file.
    /// - Parameter owner: is told whose it is.
    init?(_ descriptor: Int32, owner: inout UInt32) {
        var found = why_identity()
        guard why_identify(descriptor, &found) == 0, found.is_regular != 0 else { return nil }
        device = found.device
        inode = found.inode
        size = found.size
        changedSeconds = found.changed_seconds
        changedNanoseconds = found.changed_nanoseconds
        owner = found.owner
    }
}
