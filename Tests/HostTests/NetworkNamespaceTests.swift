// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Model
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

    /// Neither waited for nor opened: nobody writes to the FIFO, and a device may act on it.
    @Test func touchesNoFIFOAndNoDevice() throws {
        let fifo = "/tmp/tcpwhy-fifo-\(getpid())"
        try #require(mkfifo(fifo, 0o600) == 0)
        defer { unlink(fifo) }
        for path in [fifo, "/dev/zero"] {
            #expect(throws: HostError("enter \(path)", detail: "it is not a network namespace")) {
                _ = try NetworkNamespace(path: path)
            }
            #expect(throws: HostError("use cgroup \(path)", detail: "it is no cgroup v2 directory")) {
                _ = try Cgroup(path)
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

    @Test func isTheFirstOfAllAndEachIsThereOnce() throws {
        let all = NetworkNamespace.all()
        #expect(try all.first?.inode == NetworkNamespace.ownInode())
        #expect(Set(all.map(\.inode)).count == all.count)
        #expect(try all.first?.open().inode == NetworkNamespace.ownInode())
    }

    @Test func isFoundWhereItIsNow() throws {
        let own = try NetworkNamespace.ownInode()
        // The process has ended, or its number is another file's.
        for path in ["/proc/0/ns/net", "/proc/self/ns/mnt"] {
            #expect(try NetworkNamespace.Place(inode: own, path: path).open().inode == own)
            #expect(throws: HostError.self) {
                _ = try NetworkNamespace.Place(inode: 1, path: path).open()
            }
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
        let place = try #require(NetworkNamespace.all().first { $0.inode == inode })
        #expect(place.path == "/proc/\(child.pid)/ns/net")
        #expect(try place.open().inode == inode)
    }

    @Test func isFoundByItsNameWhereNoProcessIsIn() throws {
        let other = try Self.fresh()
        var template = Array("/tmp/tcpwhy-test-XXXXXX".utf8CString)
        let directory = String(cString: try #require(mkdtemp(&template)))
        defer {
            for name in directoryEntries(directory) { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        // Two names of one, a name whose namespace is gone, and a namespace of another kind.
        for name in ["blue", "green"] {
            try check(symlink("/proc/self/fd/\(other.file.descriptor)", "\(directory)/\(name)"), "name it")
        }
        close(creat("\(directory)/left", 0o600))
        try check(symlink("/proc/self/ns/mnt", "\(directory)/mnt"), "name it")

        let places = NetworkNamespace.all(named: [directory]).filter { $0.path.hasPrefix(directory) }
        #expect(places.map(\.inode) == [other.inode])
        #expect(try places.first?.open().inode == other.inode)
        #expect(!NetworkNamespace.all().contains { $0.inode == other.inode })
    }

    @Test func comesFirstOnAThreadThatIsIn() throws {
        let other = try Self.fresh()
        let (own, all) = (
            try NetworkNamespace.ownInode(), try withNetworkNamespace(other) { NetworkNamespace.all() }
        )
        #expect(all.first?.inode == other.inode)
        #expect(all.contains { $0.inode == own })
        // On this thread `thread-self` is another, which must not be taken for it.
        #expect(throws: HostError.self) { _ = try all.first?.open() }
    }

    @Test func readsTheListenCountersOfTheOther() throws {
        let other = try Self.fresh()
        let counters = try withNetworkNamespace(other) { try ListenCounters(.atEachLook()) }
        #expect(counters == ListenCounters())
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
