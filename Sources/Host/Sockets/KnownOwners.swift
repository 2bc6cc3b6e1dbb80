// SPDX-License-Identifier: Apache-2.0
public import Model

/// Who holds sockets, looked for again only if that may have changed. A socket that nobody holds
/// any more keeps those who held it when that was last looked for.
public struct KnownOwners: Sendable {
    private var changes = ProcessChanges()
    /// Whose owners were looked for.
    private var known: Set<UInt32> = []
    private var owners = Recent<UInt32, [SocketOwner]>(keeping: 8192)

    private let followsChanges: Bool

    /// - Parameter followsChanges: whether what is known is looked for again when processes may
    ///   have changed.
    public init(followsChanges: Bool = true) {
        self.followsChanges = followsChanges
    }

    /// As `SocketOwners.find`, and those of sockets that were closed since.
    /// - Parameters:
    ///   - anew: as they are now, whatever is known.
    ///   - mayLook: else only what is known; the others are looked for another time.
    public mutating func find(
        _ inodes: Set<UInt32>, anew: Bool = false, mayLook: Bool = true
    ) -> [UInt32: [SocketOwner]] {
        guard !inodes.isEmpty else { return [:] }
        var found: [UInt32: [SocketOwner]] = [:]
        guard anew || mayLook else {
            for inode in inodes { found[inode] = owners[inode] }
            return found
        }
        if anew || (followsChanges && changes.areDue()) {
            known = inodes
            found = SocketOwners.find(inodes)
        } else {
            // A process that was there opened it.
            let new = inodes.subtracting(known)
            known.formUnion(new)
            found = SocketOwners.find(new)
        }
        for (inode, holders) in found { owners[inode] = holders }
        for inode in inodes where found[inode] == nil { found[inode] = owners[inode] }
        return found
    }
}
