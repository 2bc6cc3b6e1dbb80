// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// docs/privileges.md: what each command takes to begin, and what it keeps.
    @Suite(.enabled(if: Lab.isNative, "the guests have no setpriv")) struct PrivilegeTests {
        /// By capabilities(7): tcpwhy's own table is what is tested.
        private static let numbers: [Substring: UInt64] = [
            "chown": 0, "dac_override": 1, "dac_read_search": 2, "fowner": 3, "net_admin": 12,
            "sys_ptrace": 19,
            "sys_admin": 21, "syslog": 34, "perfmon": 38, "bpf": 39, "checkpoint_restore": 40,
        ]

        private static let own = ["--netns", "pid:\(getpid())"]

        private static func bits(_ names: String) -> UInt64 {
            names.split(separator: " ").reduce(0) { $0 | 1 << numbers[$1]! }
        }

        /// Since 5.19 what is open of BPF may be used without; Linux 6 is that for certain.
        private static let mayKeepBPF: Bool = {
            var names = utsname()
            uname(&names)
            let release = withUnsafeBytes(of: names.release) { String(decoding: $0, as: UTF8.self) }
            return Int(release.prefix { $0 != "." }) ?? 0 < 6
        }()

        @Test(arguments: [
            (["ports"], "sys_admin sys_ptrace"),
            (["ports"] + own, ""),
            (["drops"], "sys_admin sys_ptrace dac_read_search syslog"),
            (["drops"] + own, "sys_ptrace dac_read_search syslog"),
            (["listeners"], "sys_admin sys_ptrace dac_read_search"),
            (["listeners"] + own, "sys_ptrace dac_read_search"),
            (["hotspots"], "sys_ptrace dac_read_search syslog checkpoint_restore"),
            (["profile"], "sys_ptrace dac_read_search syslog checkpoint_restore"),
            (["profile", "--weight", "drops"], "syslog"),
            (["ports", "-o", "/dev/null"] + own, "chown dac_override fowner"),
            (["diagnose"], "sys_admin sys_ptrace dac_read_search syslog net_admin"),
            (["diagnose"] + own, "sys_admin sys_ptrace dac_read_search syslog net_admin"),
        ])
        func keepsOnlyWhatItStillTakes(arguments: [String], names: String) throws {
            let child = try Child([Lab.tcpwhy] + arguments + ["-d", "60", "--json"])
            #expect(Lab.wait(60) { child.hasEnded || child.error.contains("Ctrl-C ends") })
            try #require(!child.hasEnded, "\(child.error)")
            let optional = Self.mayKeepBPF ? Self.bits("bpf") : 0
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.pid)/task")
            #expect(!threads.isEmpty)
            for thread in threads {
                let status = try String(
                    contentsOfFile: "/proc/\(child.pid)/task/\(thread)/status", encoding: .utf8)
                for set in ["CapEff", "CapPrm"] {
                    let line = status.split(separator: "\n").first { $0.hasPrefix("\(set):\t") }
                    let bits = try #require(line.flatMap { UInt64($0.dropFirst(8), radix: 16) })
                    #expect(bits & ~optional == Self.bits(names), "\(set) of \(arguments): \(line!)")
                }
                #expect(status.contains("CapInh:\t0000000000000000\n"))
            }
            // And with that it comes to a good end.
            child.signal(SIGINT)
            #expect(try child.wait() == 0, "\(child.error)")
            #expect(!child.error.contains("Operation not permitted"), "\(child.error)")
        }

        /// As a user who has nothing else.
        /// - Parameter mounts: what is done in the mount namespace before that; tracefs is mounted nearly
        ///   everywhere.
        private func run(
            _ names: String, _ arguments: [String],
            after mounts: String = "mount -t tracefs tracefs /sys/kernel/tracing"
        ) throws -> (status: Int32, output: String, error: String) {
            let set = (["-all"] + names.split(separator: " ").map { "+\($0)" }).joined(separator: ",")
            let child = try Child(
                [
                    "unshare", "-m", "sh", "-ec", "\(mounts)\nexec \"$@\"", "sh",
                    "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                    "--inh-caps", set, "--ambient-caps", set, "--bounding-set", set, Lab.tcpwhy,
                ] + arguments)
            let status = try child.wait(seconds: 60)
            return (status, String(decoding: child.output, as: UTF8.self), child.error)
        }

        private static let here = ["--netns", "/proc/self/ns/net"]
        private static let all = "bpf perfmon sys_admin sys_ptrace dac_read_search syslog net_admin"

        /// To the word: nothing is noted as missing. CAP_DAC_READ_SEARCH lets one who is not root see
        /// tracefs.
        @Test(arguments: [
            (["ports"] + here, "bpf perfmon dac_read_search"),
            (["ports"], "bpf perfmon dac_read_search sys_admin sys_ptrace"),
            (["listeners"] + here, "bpf perfmon dac_read_search sys_ptrace"),
            (["listeners"], "bpf perfmon dac_read_search sys_ptrace sys_admin"),
            (["drops"] + here, "bpf perfmon dac_read_search sys_ptrace syslog"),
            (["drops"], "bpf perfmon dac_read_search sys_ptrace syslog sys_admin"),
            (["hotspots"], "bpf perfmon dac_read_search sys_ptrace syslog"),
            (["profile"], "bpf perfmon dac_read_search sys_ptrace syslog"),
            (["profile", "--weight", "drops"], "bpf perfmon syslog"),
            (["diagnose"], all),
        ])
        func theseAreEnough(arguments: [String], names: String) throws {
            let (status, _, error) = try run(names, arguments + ["-d", "0.5", "--json"])
            #expect(status == 0, "\(error)")
            // profile says at its end what it has.
            let lines = error.split(separator: "\n").filter {
                !$0.hasSuffix("; Ctrl-C ends") && !$0.hasSuffix("; Ctrl-C ends it early")
            }
            #expect(lines.isEmpty || arguments[0] == "profile", "\(error)")
            #expect(!error.contains("CAP_") && !error.contains("cannot"), "\(error)")
        }

        /// This process is another user's.
        @Test func ownersAndNamesAreThere() throws {
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            defer { close(listener) }
            try #require(listen(listener, 1) == 0)
            let owners = "bpf perfmon dac_read_search sys_ptrace"
            let listeners = try run(owners, ["listeners", "-p", "\(getpid())", "--json"] + Self.here)
            #expect(listeners.output.contains("\"pid\":[\(getpid())]"), "\(listeners)")
            // Something for the kernel to do.
            let namespace = try Namespace()
            let load = try Load("-d 60 127.0.0.1 7999", in: namespace)
            let profile = try run(owners + " syslog", ["profile", "-d", "0.5", "-K"])
            try load.end()
            #expect(profile.output.contains("_[k]") && !profile.output.contains("[kernel+0x"))
        }

        @Test(arguments: all.split(separator: " ").map(String.init))
        func checkNamesTheOneThatIsMissing(name: String) throws {
            let rest = Self.all.split(separator: " ").filter { $0 != name }.joined(separator: " ")
            // CAP_SYS_ADMIN includes the two that were split off it.
            let (names, includes) =
                name == "bpf" || name == "perfmon"
                ? (rest.replacing("sys_admin ", with: ""), true) : (rest, false)
            let (status, output, error) = try run(names, ["check"])
            #expect(output.contains("missing CAP_\(name.uppercased()): "), "\(output)")
            #expect(output.split(separator: "missing CAP_").count == (includes ? 3 : 2), "\(output)")
            // By tracepoints nothing of connects is seen where tracefs is not readable.
            if name != "dac_read_search" { #expect(status == (includes ? 77 : 0), "\(error)") }
            if includes {
                let ports = try run(names, ["ports"])
                #expect(ports.status == 77 && ports.error.contains("CAP_\(name.uppercased())"))
            }
        }

        @Test func whatIsNotAllowedNamesWhatItTakes() throws {
            let other = try Namespace()
            let least = "bpf perfmon dac_read_search"
            let process = try run(least, ["ports", "--netns", other.name])
            #expect(process.status == 1 && process.error.contains("CAP_SYS_PTRACE"), "\(process.error)")
            let namespace = try run(least + " sys_ptrace", ["listeners", "0.2", "1"])
            #expect(namespace.status == 0 && namespace.error.contains("CAP_SYS_ADMIN"), "\(namespace.error)")
            if Lab.backends == [.tracepoint] {
                let hide = "mount -t tmpfs none /sys/kernel/tracing; mount -t tmpfs none /sys/kernel/debug"
                let unmounted = try run(least, ["ports"], after: hide)
                #expect(unmounted.status == 77 && unmounted.error.contains("CAP_SYS_ADMIN"))
            }
        }
    }
}
