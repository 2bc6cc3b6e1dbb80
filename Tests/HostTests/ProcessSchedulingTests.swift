// SPDX-License-Identifier: Apache-2.0
import Glibc
import Model
import Testing

@testable import Host

@Suite struct ProcessSchedulingTests {
    /// A process names itself: with parentheses and whatever else.
    @Test func statIsReadBehindTheName() throws {
        let line = "42 (a) R (b) S 1 42 42 0 -1 4194304 126 0 0 0 250 50 0 0 20 0 1 0 9 0 0\n"
        let stat = try #require(ThreadStat(line))
        #expect(stat.state == .sleeping && stat.ticks == 300)
    }

    @Test(arguments: [
        "", "42 (a", "42 (a) S 1 2", "42 (a) ? 1 42 42 0 -1 4 1 0 0 0 2 5 0",
        "42 (a) S 1 42 42 0 -1 4 1 0 0 0 x 5 0",
    ])
    func badStatIsNone(line: String) {
        #expect(ThreadStat(line) == nil)
    }

    @Test func readsThisProcess() throws {
        var cgroups = CgroupLimits()
        let facts = try #require(ProcessScheduling(pid: UInt32(getpid()), &cgroups))
        #expect(!facts.isStopped && !facts.threads.isEmpty)
        #expect(facts.threads.values.reduce(0, &+) > 0)
        #expect(ProcessScheduling(pid: .max, &cgroups) == nil)
        #expect(ProcessActivity(pid: UInt32(getpid())) == .running)
        #expect(ProcessActivity(pid: .max) == nil)
    }

    @Test func stackGivesFunctions() {
        let text =
            "[<0>] ep_poll+0x310/0x3a0\n[<0>] do_epoll_wait+0xb6/0xe0\n[<0>] nft_do [nf_tables]\n\n[<0>]\n"
        #expect(ProcessActivity.places(parsing: text) == ["ep_poll", "do_epoll_wait", "nft_do"])
        #expect(ProcessActivity.isReady(["ep_poll"]) && !ProcessActivity.isReady(["hrtimer_nanosleep"]))
        #expect(ProcessActivity.places(parsing: "").isEmpty)
    }

    @Test func limitsAreRead() throws {
        let text = """
            Limit                     Soft Limit           Hard Limit           Units
            Max open files            1024                 unlimited            files
            """
        let limits = try #require(OpenFileLimit.limits(parsing: text))
        #expect(limits.soft == 1024 && limits.hard == nil)
        #expect(OpenFileLimit.limits(parsing: "Max processes 1 2\n") == nil)
        let own = try #require(OpenFileLimit(pid: UInt32(getpid())))
        #expect(try #require(own.open) > 2)
        #expect(FileTable.current().maximum != nil)
    }

    @Test func numbersOfNestedNamespacesAreRead() {
        #expect(PIDNamespace.numbers(parsing: "Name:\tx\nNSpid:\t28379\t7\nNSpgid:\t1\n") == [28379, 7])
        #expect(PIDNamespace.numbers(parsing: "Name:\tx\n") == [])
        #expect(PIDNamespace.processes(numbered: .max) == [])
    }
}

@Suite struct CgroupLimitsTests {
    private static let hybrid = """
        31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
        36 31 0:33 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer
        41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
        """

    /// The innermost first, up to the root.
    @Test func version1GoesBeforeVersion2() throws {
        let mounts = CgroupMounts(of: Mount.all(parsing: Self.hybrid))
        let found = try #require(mounts.directories(of: "cpu", parsing: "2:cpu,cpuacct:/a/b:c\n0::/x\n"))
        #expect(found.isVersion1)
        #expect(
            found.path == [
                "/sys/fs/cgroup/cpu,cpuacct/a/b:c", "/sys/fs/cgroup/cpu,cpuacct/a",
                "/sys/fs/cgroup/cpu,cpuacct",
            ])
    }

    @Test func version2HasAllControllers() throws {
        let mounts = CgroupMounts(
            of: Mount.all(parsing: "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"))
        let found = try #require(mounts.directories(of: "freezer", parsing: "0::/system.slice/a.service\n"))
        #expect(!found.isVersion1 && found.path.first == "/sys/fs/cgroup/system.slice/a.service")
        #expect(mounts.directories(of: "cpu", parsing: "3:cpuset:/\n") == nil)
    }

    /// In a container a part of the tree is mounted: paths outside are not there.
    @Test func partOfATreeIsRelative() throws {
        let mounts = CgroupMounts(
            of: Mount.all(parsing: "41 31 0:38 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"))
        let found = try #require(mounts.directories(of: "cpu", parsing: "0::/docker/1/x\n"))
        #expect(found.path == ["/sys/fs/cgroup/x", "/sys/fs/cgroup"])
        #expect(mounts.directories(of: "cpu", parsing: "0::/docker/12\n") == nil)
        #expect(mounts.directories(of: "cpu", parsing: "0::/docker/1/../2\n") == nil)
    }

    @Test func quotasAreRead() throws {
        let bound = try #require(CPUQuota.bound(parsing: "5000 100000\n"))
        #expect(bound.quota == 5000 && bound.period == 100_000)
        for text in ["max 100000\n", "-1 100000\n", "5000\n", "", "5000 0\n"] {
            #expect(CPUQuota.bound(parsing: text) == nil, "\(text)")
        }
        var quota = CPUQuota(directory: "/a", isVersion1: false, quota: 1, period: 2)
        quota.read(parsing: "usage_usec 9\nnr_periods 10\nnr_throttled 4\nthrottled_usec 7\nbad\n")
        #expect(quota.periods == 10 && quota.throttled == 4 && quota.halted == 7000)
        quota.read(parsing: "throttled_time 12\n")
        #expect(quota.halted == 12)
    }
}

@Suite struct UnixDiagnosisTests {
    private static func words(_ values: UInt32...) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
    }

    private static func halves(_ values: UInt16...) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
    }

    /// One socket: header, unix_diag_msg, name and queue.
    private static var message: [UInt8] {
        let name = Array("/run/a.sock".utf8)
        let body =
            [1, 1, 10, 0] + words(77, 0, 0) + halves(UInt16(4 + name.count), 0) + name + [0] + halves(12, 4)
            + words(9, 8)
        return words(UInt32(16 + body.count)) + halves(20, 2) + words(0, 0) + body
    }

    private func read(_ bytes: [UInt8]) -> [UnixListener] {
        NetlinkMessage.all(in: bytes).filter { !$0.isLast }.compactMap { UnixListener($0.body) }
    }

    @Test func socketsAreRead() {
        let done = Self.words(20) + Self.halves(3, 2) + Self.words(0, 0, 0)
        let answer = Self.message + Self.message + done
        let socket = UnixListener(path: "/run/a.sock", inode: 77, waiting: 9, backlog: 8)
        let messages = NetlinkMessage.all(in: answer)
        #expect(read(answer) == [socket, socket])
        #expect(messages.map(\.isLast) == [false, false, true] && messages.allSatisfy { $0.failure == nil })
    }

    @Test func errorIsTold() {
        let answer = NetlinkMessage.all(
            in: Self.words(20) + Self.halves(2, 0) + Self.words(0, 0) + Self.words(UInt32(bitPattern: -2)))
        #expect(answer.map(\.failure) == [2])
    }

    /// Cut anywhere, it gives what is whole, and never traps.
    @Test func cutAnswersGiveLess() {
        for end in 0..<Self.message.count {
            #expect(read(Array(Self.message[..<end])).count <= 1)
        }
        #expect(read(Self.words(3, 0, 0, 0)).isEmpty)
    }

    @Test func kernelAnswers() throws {
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array("\0tcpwhy-test-\(getpid())".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(2 + name.count)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) == 0 }
        }
        #expect(isBound && listen(socket, 7) == 0)
        let found = try UnixListener.allHere().first { $0.path == "@tcpwhy-test-\(getpid())" }
        #expect(found?.backlog == 7 && found?.waiting == 0)
    }
}
