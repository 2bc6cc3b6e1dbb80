// SPDX-License-Identifier: Apache-2.0
import Glibc
import Model
import Testing

@testable import Host

@Suite struct NamespaceFactsTests {
    @Test func sockets() {
        let text = """
            sockets: used 210
            TCP: inuse 9 orphan 2 tw 2255 alloc 12 mem 3
            UDP: inuse 1 mem 0
            UDPLITE: inuse 6
            TCP6: inuse 8
            UDP6: inuse 5

            """
        let use = SocketUse(parsing: text)
        #expect(use.timeWait == 2255 && use.orphans == 2 && use.memoryPages == 3)
        #expect(use.udp == 1 && use.udp6 == 5)
    }

    @Test(arguments: ["", "TCP:", "TCP: inuse", "TCP: tw x", "UDP: tw 4"])
    func socketsThatAreNotThere(text: String) {
        #expect(SocketUse(parsing: text) == SocketUse())
    }

    @Test func memoryLimits() {
        #expect(NetworkSettings.memory(parsing: "18345\t24461\t36690") == [18345, 24461, 36690])
        #expect(NetworkSettings.memory(parsing: "18345 24461") == nil)
        #expect(NetworkSettings.memory(parsing: "1\t2\tx") == nil)
    }

    @Test func counters() {
        let counters = NetworkCounters(
            parsing: """
                Tcp: ActiveOpens PassiveOpens RetransSegs OutRsts
                Tcp: 7 5 3 2
                TcpExt: SyncookiesSent TCPSynRetrans PruneCalled RcvPruned TCPRcvQDrop
                TcpExt: 11 4 1 20 300
                """)
        let tcp = TCPCounters(counters)
        #expect(tcp.activeOpens == 7 && tcp.passiveOpens == 5 && tcp.retransmitted == 3 && tcp.outResets == 2)
        #expect(tcp.cookiesSent == 11 && tcp.synRetransmitted == 4 && tcp.pruned == 321)
    }

    @Test func ownNamespaceNow() throws {
        let facts = NamespaceFacts.current(commandPrefix: "", try .current(), at: 7)
        #expect(facts.settings.portRange != nil && facts.settings.somaxconn != nil)
        #expect(facts.use.timeWait != nil && facts.time == 7)
    }

    @Test func ownNamespaceTakesNoPrefix() throws {
        #expect(NetworkNamespace.commandPrefix(inode: try NetworkNamespace.ownInode()) == "")
        #expect(NetworkNamespace.commandPrefix(inode: 1) == nil)
    }

    @Test(arguments: [("blue-1", "blue-1"), ("a b", "'a b'"), ("it's;rm", "'it'\\''s;rm'")])
    func namesAreOneWordForAShell(name: String, word: String) {
        let own = NetworkNamespace.commandPrefix(name, in: "/run/netns")
        #expect(own.text == "ip netns exec \(word) ")
        let others = NetworkNamespace.commandPrefix("x y", in: "/run/docker/netns")
        #expect(others.text == "nsenter --net='/run/docker/netns/x y' ")
    }
}

@Suite struct ProcessFactsTests {
    private let status = """
        Name:\tphp-fpm8.2
        Umask:\t0022
        Pid:\t321
        PPid:\t300
        RssAnon:\t    3440 kB

        """

    @Test func process() throws {
        let facts = try #require(
            ProcessFacts(pid: 321, status: status, cgroup: "/system.slice/php8.2-fpm.service"))
        #expect(facts.command == "php-fpm8.2" && facts.parent == 300)
        #expect(facts.ownMemory == 3440 * 1024 && facts.unit == "php8.2-fpm.service")
    }

    @Test func atTheRootOfCgroupsThereIsNoUnit() {
        #expect(ProcessFacts(pid: 321, status: status, cgroup: "/")?.unit == "")
        #expect(ProcessFacts(pid: 321, status: status, cgroup: nil)?.unit == "")
    }

    @Test func whatIsNoStatusIsNoProcess() {
        #expect(ProcessFacts(pid: 1, status: "nonsense", cgroup: nil) == nil)
        // A line ends at its newline, whatever the name ends with.
        let odd = ProcessFacts(pid: 1, status: "Name:\tx\r\nPPid:\t7\n", cgroup: nil)
        #expect(odd?.command == "x\r" && odd?.parent == 7)
        #expect(ProcessFacts(pid: 0) == nil)
    }

    @Test func thisProcess() throws {
        let own = try #require(ProcessFacts(pid: UInt32(getpid())))
        #expect(own.ownMemory ?? 0 > 0 && own.parent == UInt32(getppid()))
    }

    @Test func memory() {
        #expect(Memory.available(parsing: "MemTotal: 9 kB\nMemAvailable:   23 kB\n") == 23 * 1024)
        #expect(Memory.available(parsing: "MemTotal: 9 kB\n") == nil)
        #expect(Memory.available() ?? 0 > 0)
    }
}
