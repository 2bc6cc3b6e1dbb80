// SPDX-License-Identifier: Apache-2.0
import Glibc
import Model
import Testing

@testable import Host

@Suite struct SocketOwnersTests {
    /// A socket of this process.
    private static func socket() throws -> OpenFile {
        let stream = Int32(SOCK_STREAM.rawValue)
        return OpenFile(owning: try check(Glibc.socket(AF_INET, stream, 0), "open a socket"))
    }

    private static func inode(of file: borrowing OpenFile) throws -> UInt32 {
        UInt32(truncatingIfNeeded: try file.status("a socket").st_ino)
    }

    /// This process's descriptors among the owners. Another process that was
    /// started meanwhile may hold the socket for a moment, too.
    private static func descriptors(_ owners: [SocketOwner]?) -> [UInt32] {
        (owners ?? []).filter { $0.pid == UInt32(getpid()) }.map(\.descriptor)
    }

    @Test func findsTheProcessAndItsDescriptor() throws {
        let socket = try Self.socket()
        let inode = try Self.inode(of: socket)
        let owners = try #require(SocketOwners.find([inode])[inode])
        let owner = SocketOwner(
            pid: UInt32(getpid()), command: try #require(Processes.comm(getpid())),
            descriptor: UInt32(socket.descriptor))
        #expect(owners.contains(owner))
        #expect(Self.descriptors(owners) == [owner.descriptor])
    }

    @Test func findsEveryDescriptorInOrder() throws {
        let socket = try Self.socket()
        // One after it, and far after.
        let second = OpenFile(owning: try check(dup(socket.descriptor), "copy it"))
        let third = OpenFile(owning: try check(fcntl(socket.descriptor, F_DUPFD, 200), "copy it"))
        let inode = try Self.inode(of: socket)
        let found = Self.descriptors(SocketOwners.find([inode])[inode])
        let expected = [socket.descriptor, second.descriptor, third.descriptor].map { UInt32($0) }
        #expect(found == expected.sorted())
    }

    @Test func tellsSocketsApart() throws {
        let first = try Self.socket()
        let second = try Self.socket()
        // Not asked for.
        let third = try Self.socket()
        let inodes = [try Self.inode(of: first), try Self.inode(of: second)]
        let owners = SocketOwners.find(Set(inodes))
        #expect(Set(owners.keys) == Set(inodes))
        #expect(Self.descriptors(owners[inodes[0]]) == [UInt32(first.descriptor)])
        #expect(Self.descriptors(owners[inodes[1]]) == [UInt32(second.descriptor)])
        #expect(try owners[Self.inode(of: third)] == nil)
    }

    @Test func leavesOutWhatNobodyHolds() throws {
        let closed: UInt32
        do {
            let socket = try Self.socket()
            closed = try Self.inode(of: socket)
        }
        #expect(Self.descriptors(SocketOwners.find([closed])[closed]).isEmpty)
        #expect(SocketOwners.find([0]).isEmpty)
        #expect(SocketOwners.find([]).isEmpty)
    }

    @Test func takesOnlySocketsForSockets() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let from = OpenFile(owning: ends[0])
        let to = OpenFile(owning: ends[1])
        let inode = try Self.inode(of: from)
        #expect(try Self.inode(of: to) == inode)
        let found = Self.descriptors(SocketOwners.find([inode])[inode])
        #expect(!found.contains(UInt32(from.descriptor)))
        #expect(!found.contains(UInt32(to.descriptor)))
    }

    @Test func knownOwnersAreThoseOfWhatIsAskedFor() throws {
        var owners = KnownOwners()
        #expect(owners.find([]).isEmpty)
        let first = try Self.socket()
        let firstInode = try Self.inode(of: first)
        for _ in 0..<4 {
            #expect(Self.descriptors(owners.find([firstInode])[firstInode]) == [UInt32(first.descriptor)])
        }
        // Opened by a process that is known.
        let second = try Self.socket()
        let secondInode = try Self.inode(of: second)
        let both = owners.find([firstInode, secondInode])
        #expect(Self.descriptors(both[firstInode]) == [UInt32(first.descriptor)])
        #expect(Self.descriptors(both[secondInode]) == [UInt32(second.descriptor)])
        #expect(Set(owners.find([secondInode]).keys) == [secondInode])
    }

    @Test func ownersFoundAnewAreThoseOfNow() throws {
        var owners = KnownOwners()
        let socket = try Self.socket()
        let inode = try Self.inode(of: socket)
        do {
            let second = OpenFile(owning: try check(dup(socket.descriptor), "copy it"))
            for _ in 0..<3 { #expect(Self.descriptors(owners.find([inode])[inode]).count == 2) }
            #expect(second.descriptor != socket.descriptor)
        }
        #expect(Self.descriptors(owners.find([inode], anew: true)[inode]) == [UInt32(socket.descriptor)])
    }

    @Test func whatWasClosedKeepsItsLastOwners() throws {
        var owners = KnownOwners()
        let inode: UInt32
        let descriptor: UInt32
        do {
            let socket = try Self.socket()
            inode = try Self.inode(of: socket)
            descriptor = UInt32(socket.descriptor)
            #expect(Self.descriptors(owners.find([inode])[inode]) == [descriptor])
        }
        for anew in [false, true, false] {
            #expect(Self.descriptors(owners.find([inode], anew: anew)[inode]) == [descriptor])
        }
        // Who asks for the first time finds nobody.
        var others = KnownOwners()
        #expect(Self.descriptors(others.find([inode])[inode]).isEmpty)
    }

    @Test(
        arguments: [
            ("socket:[0]", 0), ("socket:[12345]", 12345), ("socket:[4294967295]", .max),
            ("socket:[4294967296]", nil), ("socket:[99999999999999999999999]", nil), ("socket:[]", nil),
            ("socket:[12", nil), ("socket:[-1]", nil), ("socket:[1 ]", nil), ("socket:[1]x", nil),
            ("pipe:[12345]", nil), ("/dev/null", nil), ("socket:", nil), ("socket:[", nil), ("", nil),
        ] as [(String, UInt32?)])
    func readsLinksOfSockets(link: String, inode: UInt32?) {
        var link = link
        link.withUTF8 { #expect(SocketOwners.inode(link: UnsafeRawBufferPointer($0)) == inode) }
    }
}
