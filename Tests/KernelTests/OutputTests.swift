// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// What becomes of files that a run is to write, however it ends; and what it was started with.
    @Suite(.enabled(if: Lab.isNative, "natively: no kernel differs in that")) struct OutputTests {
        private let folder = NSTemporaryDirectory() + "tcpwhy-\(UUID().uuidString)"
        private var file: String { folder + "/file" }

        /// Runs `body` where a file says "old".
        private func withOldFile(_ body: () throws -> Void) throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try "old".write(toFile: file, atomically: false, encoding: .utf8)
            try body()
        }

        private var text: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "(none)" }
        private var names: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        }

        /// Starts it, and waits until it says so.
        private func start(_ arguments: [String], with setup: String = "", says: String) throws -> Child {
            let child = try Child(["sh", "-c", setup + "exec \"$0\" \"$@\"", Lab.tcpwhy] + arguments)
            guard Lab.wait(400, until: { child.hasEnded || child.error.contains(says) }), !child.hasEnded
            else {
                throw TestFailure("\(arguments) does not start: \(child.error)")
            }
            return child
        }

        @Test(arguments: [SIGKILL, SIGINT])
        func anOldBaselineStaysUntilTheNewOneIsWhole(signal: Int32) throws {
            try withOldFile {
                let child = try start(["diagnose", "-d", "3600", "--save", file], says: "watching for")
                #expect(text == "old" && names == ["file"])
                child.signal(signal)
                #expect(try child.wait() == (signal == SIGKILL ? -SIGKILL : 0))
                #expect(names == ["file"])
                if signal == SIGKILL {
                    #expect(text == "old")
                } else {
                    #expect(text.hasPrefix("{\"kind\":") && text.contains("\"summary\""))
                }
            }
        }

        @Test func aPictureAndItsStacksTakeTheirNamesAtTheEnd() throws {
            try withOldFile {
                let svg = folder + "/svg"
                let child = try start(
                    ["profile", "-F", "99", "-o", file, "--svg", svg], says: "sampling")
                #expect(text == "old" && names == ["file"])
                child.signal(SIGTERM)
                #expect(try child.wait() == 0)
                #expect(text != "old" && names == ["file", "svg"])
                #expect(try String(contentsOfFile: svg, encoding: .utf8).contains("</svg>"))
            }
        }

        @Test func aReportTakesItsNameWhenTheTraceHasBegun() throws {
            try withOldFile {
                let refused = try Child([Lab.tcpwhy, "ports", "-o", file, "--netns", "no-such-namespace"])
                #expect(try refused.wait() == 1)
                #expect(text == "old")
                let child = try start(["ports", "3600", "--json", "-o", file], says: "tracing")
                #expect(text == "" && names == ["file"])
                child.signal(SIGINT)
                #expect(try child.wait() == 0)
                #expect(text.contains("\"summary\"") && names == ["file"])
            }
        }

        @Test func oneFileForTwoOutputsIsRefused() throws {
            try withOldFile {
                for arguments in [
                    ["diagnose", "-o", file, "--save", file], ["profile", "-o", file, "--svg", file],
                ] {
                    let child = try Child([Lab.tcpwhy] + arguments)
                    #expect(try child.wait() == 2)
                    #expect(child.error.contains("into one file"), "\(child.error)")
                }
                #expect(text == "old" && names == ["file"])
            }
        }

        @Test func whereAnotherFileIsMountedThatOneIsWritten() throws {
            try withOldFile {
                let script = """
                    echo other >"$1/other"; mount --bind "$1/other" "$1/file" &&
                        "$0" ports 1 1 --json -o "$1/file" && cat "$1/other"
                    """
                let output = try Child.run(["unshare", "-m", "sh", "-c", script, Lab.tcpwhy, folder])
                #expect(output.contains("\"summary\"") && !output.contains("other\n"))
                #expect(text == "old" && names == ["file", "other"])
            }
        }

        @Test func aBaselineMayBeReplacedByTheRunThatReadsIt() throws {
            try withOldFile {
                for baseline in [[], ["--baseline", file]] {
                    let child = try Child(
                        [Lab.tcpwhy, "diagnose", "-d", "1", "--save", file] + baseline)
                    #expect(try child.wait() == 0, "\(child.error)")
                }
                #expect(text.contains("\"summary\""))
            }
        }

        @Test func messagesOfAClosedStandardErrorGoNowhere() throws {
            try withOldFile {
                let child = try Child([
                    "sh", "-c", "exec \"$0\" \"$@\" <&- 2>&-", Lab.tcpwhy, "ports", "1", "1", "--json", "-o",
                    file,
                ])
                #expect(try child.wait() == 0)
                let lines = text.split(separator: "\n")
                #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("{\"kind\":") }, "\(text)")
            }
        }

        @Test func whatWasIgnoredAtTheStartStaysIgnored() throws {
            let child = try start(["ports", "3600"], with: "trap '' INT HUP; ", says: "tracing")
            let status = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
            let ignored = try #require(
                status.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }.flatMap {
                    UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16)
                })
            for signal in [SIGINT, SIGHUP] { #expect(ignored >> UInt64(signal - 1) & 1 == 1) }
            #expect(ignored >> UInt64(SIGTERM - 1) & 1 == 0)
            child.signal(SIGTERM)
            #expect(try child.wait() == 0)
        }
    }
}
