// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct CgroupTests {
    @Test func findsTheMount() {
        let text = """
            24 1 0:22 / /proc rw,relatime shared:13 - proc proc rw
            31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 master:1 - cgroup2 cgroup2 rw

            """
        #expect(Cgroup.mountPoint(of: Mount.all(parsing: text)) == "/sys/fs/cgroup/unified")
    }

    @Test func passesOverMountsOfAPart() {
        let text = """
            41 31 0:38 /system.slice /mnt/part rw - cgroup2 cgroup2 rw
            42 31 0:38 / /mnt/with\\040space\\134 rw - cgroup2 cgroup2 rw
            """
        #expect(Cgroup.mountPoint(of: Mount.all(parsing: text)) == "/mnt/with space\\")
    }

    @Test(arguments: ["", "1 2 3\n", "41 31 0:38 / /x rw cgroup2 cgroup2 rw\n", "a b c / e f -\n"])
    func findsNoneElsewhere(text: String) {
        #expect(Cgroup.mountPoint(of: Mount.all(parsing: text)) == nil)
    }

    @Test func readsAProcesssPath() {
        #expect(
            Cgroup.path(parsing: "12:pids:/a\n0::/system.slice/nginx.service\n")
                == "/system.slice/nginx.service")
        #expect(Cgroup.path(parsing: "1:name=systemd:/\n") == nil)
    }

    @Test func saysWhatIsNoCgroup() {
        #expect(
            throws: HostError("use cgroup /etc", detail: "it is no cgroup v2 directory")
        ) {
            _ = try Cgroup("/etc")
        }
        #expect(throws: HostError.self) { _ = try Cgroup("/no/such/cgroup") }
        #expect(throws: HostError.self) { _ = try Cgroup("") }
    }

    @Test(.enabled(if: Cgroup.mountPoint() != nil, "needs cgroup v2 mounted"))
    func opensByEitherPath() throws {
        let mount = try #require(Cgroup.mountPoint())
        #expect(try Cgroup(mount).path == mount)
        #expect(try Cgroup("/").path == mount + "/")
    }
}
