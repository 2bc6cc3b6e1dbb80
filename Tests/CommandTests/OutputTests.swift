// SPDX-License-Identifier: Apache-2.0
import Foundation
import Host
import Testing

@testable import tcpwhy

/// What `-o`, `--svg` and `--save` do to the files that they name.
@Suite struct OutputTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func anOldFileStaysUntilAResultIsWhole() throws {
        let path = try scratch.put("before", "old")
        let output = try Output(path: path, .whole)
        #expect(try scratch.names == ["before"])
        try output.write(text: "new")
        #expect(scratch.text("before") == "old")
        try output.finish()
        #expect(scratch.text("before") == "new")
        #expect(try scratch.names == ["before"])
    }

    @Test(arguments: [OutputFile.Form.whole, .growing])
    func aRunThatFailsLeavesEverythingAsItWas(form: OutputFile.Form) throws {
        let path = try scratch.put("before", "old")
        for path in [path, scratch("new")] { _ = try Output(path: path, form) }
        do {
            let output = try Output(path: path, .whole)
            try output.write(text: "half of it")
        }
        #expect(try scratch.names == ["before"])
        #expect(scratch.text("before") == "old")
    }

    @Test func aReportCanBeReadWhileItGrows() throws {
        let path = try scratch.put("log", "old")
        let output = try Output(path: path, .growing)
        #expect(scratch.text("log") == "old")
        try output.begin()
        #expect(scratch.text("log") == "")
        try output.write(text: "one\n")
        #expect(scratch.text("log") == "one\n")
        try output.finish()
        #expect(try scratch.names == ["log"])
    }

    @Test func theModeIsTheOldOnesOrTheUsualOne() throws {
        let mask = umask(0o022)
        umask(mask)
        for (name, mode) in [("closed", 0o600), ("open", 0o664), ("new", 0o644 & ~Int(mask))] {
            if name != "new" { try scratch.put(name, "old", mode: mode) }
            let output = try Output(path: scratch(name), .whole)
            try output.write(text: "new")
            try output.finish()
            #expect(try scratch.mode(name) == mode, "\(name)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives files away"))
    func theOwnerStays() throws {
        let path = try scratch.put("theirs", "old")
        chown(path, 65534, 65533)
        let output = try Output(path: path, .whole)
        try output.finish()
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_uid == 65534 && status.st_gid == 65533)
    }

    @Test func aLinkStaysAndItsTargetIsReplaced() throws {
        try scratch.put("target", "old")
        try FileManager.default.createSymbolicLink(
            atPath: scratch("link"), withDestinationPath: "./other")
        try FileManager.default.createSymbolicLink(
            atPath: scratch("other"), withDestinationPath: scratch("target"))
        let output = try Output(path: scratch("link"), .whole)
        try output.write(text: "new")
        try output.finish()
        #expect(scratch.text("target") == "new")
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: scratch("link")) == "./other")
    }

    @Test func whatCannotBeWrittenIsRefusedBeforeTheTrace() throws {
        try FileManager.default.createSymbolicLink(atPath: scratch("a"), withDestinationPath: "b")
        try FileManager.default.createSymbolicLink(atPath: scratch("b"), withDestinationPath: "a")
        for (path, why) in [
            ("", "No such file"), ("no/such/file", "No such file"),
            (scratch.path, "Is a directory"), (scratch("new/"), "No such file"), ("/", "Is a directory"),
            ("/dev/null/x", "Not a directory"), (scratch("a"), "Too many"),
            ("/proc/self/cwd", "Is a directory"),
            ("/proc/1/status", ""), ("/sys/new", ""),
        ] {
            let error = #expect(throws: (any Error).self, "\(path)") { _ = try Output(path: path, .whole) }
            let message = (error as? Failure)?.message ?? error.map { "\($0)" } ?? ""
            #expect(message.hasPrefix("cannot write to \(path): \(why)"), "\(message)")
        }
        #expect(try scratch.names == ["a", "b"])
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away and is hurt by others' links"))
    func whatAnotherUserPutWhereEverybodyMayIsRefused() throws {
        try scratch.put("target", "old")
        chmod(scratch.path, 0o1777)
        try scratch.put("file", "theirs")
        #expect(mkfifo(scratch("pipe"), 0o666) == 0)
        try FileManager.default.createSymbolicLink(atPath: scratch("link"), withDestinationPath: "target")
        try FileManager.default.createSymbolicLink(atPath: scratch("folder"), withDestinationPath: ".")
        for name in ["file", "link", "folder", "pipe"] { lchown(scratch(name), 65534, 65534) }
        for name in ["file", "link", "folder/new", "pipe"] {
            #expect(throws: HostError.self, "\(name)") { _ = try Output(path: scratch(name), .whole) }
        }
        // In a folder that is nobody else's they may be.
        chmod(scratch.path, 0o755)
        for name in ["file", "link", "folder/new"] { _ = try Output(path: scratch(name), .whole) }
        #expect(scratch.text("file") == "theirs" && scratch.text("target") == "old")
    }

    @Test func devicesAndPipesAreWrittenAsTheyAre() throws {
        let null = try Output(path: "/dev/null", .whole)
        try null.write(text: "gone")
        try null.finish()
        let full = try Output(path: "/dev/full", .whole)
        let failure = #expect(throws: Failure.self) { try full.write(text: "text") }
        #expect(failure?.code == 1 && failure?.message.contains("/dev/full: No space left") == true)

        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let output = try Output(path: "/dev/fd/\(ends[1])", .whole)
        try output.write(text: "text")
        try output.finish()
        close(ends[1])
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(read(ends[0], &bytes, 16) == 4)
        close(ends[0])
    }

    @Test func anOpenFileIsWrittenWhereItStands() throws {
        let path = try scratch.put("log", "")
        let file = open(path, O_WRONLY | O_CLOEXEC)
        #expect(write(file, "one\n", 4) == 4)
        let output = try Output(path: "/dev/fd/\(file)", .whole)
        try output.write(text: "two\n")
        try output.finish()
        #expect(write(file, "three\n", 6) == 6)
        close(file)
        #expect(scratch.text("log") == "one\ntwo\nthree\n")
    }

    @Test func oneFileForTwoOutputsIsWrongUsage() throws {
        try scratch.put("old", "old")
        try FileManager.default.createSymbolicLink(atPath: scratch("link"), withDestinationPath: "old")
        #expect(link(scratch("old"), scratch("hard")) == 0)
        func refuse(_ one: String, _ other: String) throws {
            try Output.refuseTwice(
                try Output(path: one, .whole), nil, try Output(path: other, .whole))
        }
        for (one, other) in [
            ("old", "old"), ("new", "new"), ("old", "link"), ("old", "hard"), ("new", "./new"),
        ] {
            let failure = #expect(throws: Failure.self, "\(one) \(other)") {
                try refuse(scratch(one), scratch(other))
            }
            #expect(failure?.code == 2)
        }
        try refuse(scratch("old"), scratch("new"))
        try refuse("/dev/null", "/dev/null")
        #expect(scratch.text("old") == "old")
    }
}
