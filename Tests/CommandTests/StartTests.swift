// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// How the executable starts and ends, whatever it is started with.
@Suite struct StartTests {
    /// Beside the tests.
    private static let tcpwhy = "/proc/self/exe".resolvingLink.deletingLastPathComponent + "/tcpwhy"

    private struct End {
        var status: Int32
        var output: String
        var error: String

        var errorLines: Int { error.split(separator: "\n").count }
    }

    /// - Parameter script: has the executable as `$0`.
    private func shell(_ script: String) throws -> End {
        let scratch = try Scratch()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, Self.tcpwhy]
        try scratch.put("output", "")
        try scratch.put("error", "")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: scratch("output"))
        process.standardError = FileHandle(forWritingAtPath: scratch("error"))
        try process.run()
        process.waitUntilExit()
        return End(
            status: process.terminationStatus, output: scratch.text("output") ?? "",
            error: scratch.text("error") ?? "")
    }

    @Test(arguments: [
        "--help", "--version", "help ports", "ports -h", "--generate-completion-script bash", "explain",
        "explain syn-flood", "flame", "diff /dev/null /dev/null --svg",
    ])
    func outputThatCannotBeWrittenIsAFailure(arguments: String) throws {
        let full = try shell("\"$0\" \(arguments) >/dev/full")
        #expect(full.status == 1)
        #expect(full.errorLines == 1 && full.error.contains("No space left"), "\(full.error)")
        let closed = try shell("\"$0\" \(arguments) >&-")
        #expect(closed.status == 1)
        #expect(closed.errorLines == 1 && closed.error.contains("Bad file descriptor"), "\(closed.error)")
    }

    @Test func aReaderThatGoesAwayIsNoFailure() throws {
        let end = try shell("{ \"$0\" --help; echo $? >&2; } | true")
        #expect(end.error == "0\n")
    }

    @Test func closedStandardStreamsAreNobodyElses() throws {
        let scratch = try Scratch()
        #expect(mkfifo(scratch("pipe"), 0o600) == 0)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "exec \"$0\" fold \"$1\" <&- >&- 2>&-", Self.tcpwhy, scratch("pipe"),
        ]
        try process.run()
        // Returns when the other side has opened it, too.
        let pipe = open(scratch("pipe"), O_WRONLY | O_CLOEXEC)
        for stream in 0...2 {
            #expect("/proc/\(process.processIdentifier)/fd/\(stream)".resolvingLink == "/dev/null")
        }
        #expect(write(pipe, "a;b 3\n", 6) == 6)
        close(pipe)
        process.waitUntilExit()
        // There was nowhere to write.
        #expect(process.terminationStatus == 1)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can hide /proc"))
    func whatNeedsNoMachineNeedsNoProc() throws {
        func without(_ command: String) throws -> End {
            try shell("unshare -m sh -c 'mount -t tmpfs none /proc && \(command)' \"$0\"")
        }
        let explained = try without("\"$0\" explain syn-flood")
        #expect(explained.status == 0 && explained.output.hasPrefix("syn-flood"), "\(explained.error)")
        let drawn = try without("echo \"a;b 3\" | \"$0\" flame")
        #expect(drawn.status == 0 && drawn.output.contains("</svg>"), "\(drawn.error)")
        let folded = try without("echo \"a;b 3\" | \"$0\" fold -")
        #expect(folded.status == 0 && folded.output == "a;b 3\n", "\(folded.error)")
    }
}

extension String {
    fileprivate var resolvingLink: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: self)) ?? ""
    }

    fileprivate var deletingLastPathComponent: String {
        URL(fileURLWithPath: self).deletingLastPathComponent().path
    }
}
