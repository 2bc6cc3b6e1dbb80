// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// What a machine hides or lacks is said as it is: no number is guessed, and nothing that
    /// could not be opened is taken for missing.
    @Suite(.enabled(if: Lab.isNative, "the guests have neither unshare nor setpriv")) struct MachineTests {
        private func run(_ arguments: [String]) throws -> (status: Int32, output: String, error: String) {
            let child = try Child(arguments)
            let status = try child.wait(seconds: 60)
            return (status, String(decoding: child.output, as: UTF8.self), child.error)
        }

        /// Under a mount namespace of its own, in which `mounts` ran.
        private func run(
            after mounts: String, _ arguments: [String]
        ) throws -> (status: Int32, output: String, error: String) {
            try run(["unshare", "-m", "sh", "-ec", "\(mounts)\nexec \"$@\"", "sh", Lab.tcpwhy] + arguments)
        }

        private static let hidden = "mount -t tmpfs none /sys/devices/system/cpu"
        /// As a container's own would say.
        private static let other = """
            mount -t tmpfs none /mnt
            echo 0 >/mnt/cpus
            for list in possible online; do mount --bind /mnt/cpus /sys/devices/system/cpu/$list; done
            """

        /// Every per-CPU look-up would write behind its room.
        @Test(arguments: [hidden, other])
        func theNumberOfCPUsIsNoFiles(mounts: String) throws {
            for command in ["ports", "drops", "listeners"] {
                let (status, output, error) = try run(
                    after: mounts, [command, "0.2", "2", "--json", "--netns", "pid:\(getpid())"])
                #expect(status == 0, "\(command): \(error)")
                #expect(output.contains("\"kind\":\"summary\""), "\(command): \(error)")
            }
        }

        @Test(arguments: [hidden, other])
        func samplesAreOfNoGuessedCPUs(mounts: String) throws {
            for command in ["profile", "hotspots"] {
                let (status, output, error) = try run(after: mounts, [command, "-d", "0.2"])
                #expect(status == 77 && output.isEmpty, "\(command): \(error)")
                #expect(error.contains("/sys/devices/system/cpu/online"), "\(command): \(error)")
            }
        }

        /// Wherever it is that no descriptor is left: it ends with a reason, which is that one.
        @Test func noDescriptorLeftIsSaidAsThat() throws {
            // One more than what is open already: a debug build's loader takes it.
            for limit in 4...40 {
                let (status, _, error) = try run([
                    "sh", "-c", "ulimit -n \(limit) && exec \"$@\"", "sh", Lab.tcpwhy, "drops", "0.1", "1",
                ])
                #expect(status >= 0, "\(limit): \(error)")
                #expect(!error.contains("CONFIG_DEBUG_INFO_BTF"), "\(limit): \(error)")
                #expect(!error.contains("no kprobes") || error.contains("Too many open files"), "\(error)")
                if status != 0 { #expect(error.contains("Too many open files"), "\(limit): \(error)") }
            }
        }

        @Test func unreadableTypesAreNotMissing() throws {
            let (status, _, error) = try run([
                "sh", "-c", "ulimit -n 3 && exec \"$@\"", "sh", Lab.tcpwhy, "ports", "-d", "0.1",
            ])
            if status == 127 { try Test.cancel("a debug build's loader has no descriptor either") }
            #expect(status == 77)
            #expect(error.contains("cannot open /sys/kernel/btf/vmlinux: Too many open files"), "\(error)")
            #expect(error.contains("ulimit -n"))
        }

        @Test func theKernelsTypesAreMissedWhereTheyWouldBe() throws {
            let none = try run(after: "mount -t tmpfs none /sys/kernel/btf", ["ports", "-d", "0.1"])
            #expect(none.status == 77 && none.error.contains("CONFIG_DEBUG_INFO_BTF"), "\(none.error)")
            let nothing = try run(after: "mount -t tmpfs none /sys", ["ports", "-d", "0.1"])
            #expect(nothing.status == 77 && nothing.error.contains("mount -t sysfs"), "\(nothing.error)")
        }

        /// Its root has every capability by name.
        @Test func rootOfAUserNamespaceIsToldSo() throws {
            let inside = ["unshare", "-U", "-r"]
            let check = try run(inside + [Lab.tcpwhy, "check"])
            #expect(check.status == 77)
            #expect(check.output.contains("root of a user namespace only"), "\(check.output)")
            #expect(!check.output.contains("sufficient"))
            let json = try run(inside + [Lab.tcpwhy, "check", "--json"])
            #expect(json.output.contains("\"user_namespace\":true"), "\(json.output)")
            let ports = try run(inside + [Lab.tcpwhy, "ports"])
            #expect(ports.status == 77 && ports.error.contains("in a user namespace"), "\(ports.error)")
        }

        /// A FIFO is not waited for.
        @Test func whatIsNoPlaceIsRefused() throws {
            let fifo = NSTemporaryDirectory() + "/tcpwhy-fifo-\(getpid())"
            try #require(mkfifo(fifo, 0o600) == 0)
            defer { unlink(fifo) }
            for path in [fifo, "/dev/null", "/etc"] {
                let netns = try run([Lab.tcpwhy, "ports", "--netns", path])
                #expect(netns.status == 1)
                #expect(netns.error == "tcpwhy: cannot enter \(path): it is not a network namespace\n")
                let cgroup = try run([Lab.tcpwhy, "ports", "--cgroup", path])
                #expect(cgroup.status == 1)
                #expect(cgroup.error == "tcpwhy: cannot use cgroup \(path): it is no cgroup v2 directory\n")
            }
        }
    }
}
