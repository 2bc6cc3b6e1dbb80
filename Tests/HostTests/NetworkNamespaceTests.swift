// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Testing

@testable import Host

@Suite struct OwnNamespaceTests {
    @Test func hasANumber() throws {
        #expect(try NetworkNamespace.ownInode() > 0)
        #expect(try NetworkNamespace.of(process: getpid()).inode == NetworkNamespace.ownInode())
    }

    @Test func refusesOtherFiles() {
        for path in ["/etc/hostname", "/proc/self/ns/mnt", "/etc"] {
            #expect(throws: HostError("enter \(path)", detail: "it is not a network namespace")) {
                _ = try NetworkNamespace(path: path)
            }
        }
    }

    @Test func saysThatThereIsNoneOfThatName() {
        #expect {
            _ = try NetworkNamespace.open(.name("no-such-namespace"))
        } throws: {
            "\($0)" == "cannot open /run/netns/no-such-namespace: No such file or directory"
        }
        #expect {
            _ = try NetworkNamespace.find(inode: 1)
        } throws: {
            "\($0)".hasPrefix("cannot find network namespace 1: ")
        }
    }
}

@Suite(.enabled(if: geteuid() == 0, "needs root"))
struct OtherNamespaceTests {
    /// A namespace that nothing but the returned handle holds.
    private static func fresh() throws -> NetworkNamespace {
        let descriptor = try onFreshThread {
            try check(why_unshare(WHY_CLONE_NEWNET), "make a network namespace")
            let own = try NetworkNamespace.own()
            return try check(dup(own.file.descriptor), "keep it")
        }
        let file = OpenFile(owning: descriptor)
        return try NetworkNamespace(path: "/proc/self/fd/\(file.descriptor)")
    }

    @Test func runsInsideAndComesBack() throws {
        let own = try NetworkNamespace.ownInode()
        let other = try Self.fresh()
        #expect(other.inode != own)
        let inside = try withNetworkNamespace(other) { try NetworkNamespace.ownInode() }
        #expect(inside == other.inode)
        #expect(try NetworkNamespace.ownInode() == own)
    }

    @Test func readsTheSettingsAndCountersOfTheOther() throws {
        let other = try Self.fresh()
        try withNetworkNamespace(other) {
            let file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "w")
            fputs("20000 20050", file)
            fclose(file)
        }
        #expect(try withNetworkNamespace(other) { try Sysctl.localPortRange() } == 20000...20050)
        #expect(try Sysctl.localPortRange() != 20000...20050)
        let opens = try withNetworkNamespace(other) {
            try NetworkCounters.current()["Tcp", "ActiveOpens"]
        }
        #expect(opens == 0)
    }

    @Test func passesOnWhatIsThrown() throws {
        struct Surprise: Error {}
        let other = try Self.fresh()
        #expect(throws: Surprise.self) { try withNetworkNamespace(other) { throw Surprise() } }
    }

    @Test func isFoundThroughTheThreadThatIsIn() throws {
        // A child process in a namespace of its own, as a container's would be.
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let child = try Child(holding: ends)
        let inode = try NetworkNamespace.of(process: child.pid).inode
        #expect(try inode != NetworkNamespace.ownInode())
        #expect(try NetworkNamespace.find(inode: inode, near: child.pid).inode == inode)
        #expect(try NetworkNamespace.find(inode: inode).inode == inode)
        #expect(try NetworkNamespace.open(.process(child.pid)).inode == inode)
    }

    /// `unshare -n` until the pipe closes.
    private final class Child {
        let pid: pid_t
        private let end: Int32

        init(holding ends: [Int32]) throws {
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
            posix_spawn_file_actions_addclose(&actions, ends[1])
            let words = ["unshare", "-n", "sh", "-c", "echo; exec cat"]
            var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
            defer { for word in argv { free(word) } }
            var output: [Int32] = [0, 0]
            guard pipe(&output) == 0 else { throw HostError(errno: errno, "make a pipe") }
            posix_spawn_file_actions_adddup2(&actions, output[1], 1)
            var pid: pid_t = 0
            let failure = posix_spawnp(&pid, "unshare", &actions, nil, &argv, environ)
            close(ends[0])
            close(output[1])
            end = ends[1]
            self.pid = pid
            guard failure == 0 else { throw HostError(errno: failure, "start unshare") }
            // Its first byte says that it is in.
            var byte: UInt8 = 0
            _ = read(output[0], &byte, 1)
            close(output[0])
        }

        deinit {
            close(end)
            var status: Int32 = 0
            kill(pid, SIGKILL)
            waitpid(pid, &status, 0)
        }
    }
}
