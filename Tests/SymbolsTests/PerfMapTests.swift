// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Symbols

/// What just-in-time compilers say of their code.
@Suite struct PerfMapTests {
    private let folder: TemporaryFolder
    private static let maps = "7f0000000000-7f0000100000 rwxp 00000000 00:00 0 \n"

    init() throws {
        folder = try TemporaryFolder()
    }

    private func name(_ offset: UInt64, _ symbols: UserSymbols, pid: UInt32 = 7) -> String {
        symbols.frame(pid: pid, address: 0x7f00_0000_0000 + offset).description
    }

    private func symbols(_ text: String) throws -> UserSymbols {
        try folder.addProcess(7, maps: Self.maps)
        try folder.write("container/tmp/perf-7.map", text)
        return UserSymbols.served(root: folder.path)
    }

    @Test func namesCodeThatWasJustMade() throws {
        let symbols = try symbols(
            "7f0000000000 40 LazyCompile:*handle /app/server.js:12\n0x7f0000000040 0x10 Ljava/lang/String;::hash\n"
        )
        #expect(name(0, symbols) == "LazyCompile:*handle /app/server.js:12")
        #expect(
            symbols.frame(pid: 7, address: 0x7f00_0000_004f)
                == UserFrame(name: "Ljava/lang/String:::hash", module: "[jit]", offset: 0, kind: .jit))
        #expect(name(0x50, symbols) == "[anon]")
    }

    @Test func believesWhatCameLast() throws {
        let symbols = try symbols("7f0000000000 100 old\n7f0000000020 10 inner\n7f0000000000 80 new\n")
        #expect(name(0, symbols) == "new")
        #expect(name(0x20, symbols) == "inner")
        #expect(name(0x30, symbols) == "new")
        #expect(name(0x80, symbols) == "[anon]")
    }

    @Test func readsOnAsTheFileGrows() throws {
        let symbols = try symbols("7f0000000000 10 one\n7f00000000")
        #expect(name(0, symbols) == "one")
        #expect(name(0x10, symbols) == "[anon]")
        let file = try #require(fopen(folder.path + "/container/tmp/perf-7.map", "a"))
        fputs("10 10 two\n", file)
        fclose(file)
        #expect(name(0x10, symbols) == "two")
        // Its writer and the name may be gone by now.
        unlink(folder.path + "/container/tmp/perf-7.map")
        #expect(name(0, symbols) == "one")
    }

    @Test func findsAFileThatWasNotThereAtFirst() throws {
        try folder.addProcess(7, maps: Self.maps)
        let symbols = UserSymbols.served(root: folder.path)
        symbols.note(pid: 7)
        try folder.write("container/tmp/perf-7.map", "7f0000000000 10 late\n")
        #expect(name(0, symbols) == "late")
    }

    @Test func goesByTheNumberThatTheProcessHasItself() throws {
        let status = "Uid:\t\(getuid())\t\(getuid())\t0\t0\nNSpid:\t4711\t12\t1\n"
        try folder.addProcess(4711, maps: Self.maps, status: status)
        try folder.write("container/tmp/perf-1.map", "7f0000000000 10 inside\n")
        #expect(name(0, UserSymbols.served(root: folder.path), pid: 4711) == "inside")
    }

    /// There another process may have the same number.
    @Test func looksOnlyInTheProcesssOwnRoot() throws {
        let status = "Uid:\t\(getuid())\t\(getuid())\t0\t0\nNSpid:\t4711\t7\n"
        try folder.addProcess(4711, maps: Self.maps, status: status)
        try folder.write("tmp/perf-7.map", "7f0000000000 10 host\n")
        try folder.write("tmp/perf-4711.map", "7f0000000000 10 host\n")
        try folder.write("container/tmp/perf-4711.map", "7f0000000000 10 other\n")
        #expect(name(0, UserSymbols.served(root: folder.path), pid: 4711) == "[anon]")
    }

    @Test func believesOnlyTheProcesssOwner() throws {
        try folder.addProcess(7, maps: Self.maps, status: "Uid:\t1\t1\t1\t1\nNSpid:\t7\n")
        try folder.write("container/tmp/perf-7.map", "7f0000000000 10 forged\n")
        // Root's word is always good.
        let expected = getuid() == 0 || getuid() == 1 ? "forged" : "[anon]"
        #expect(name(0, UserSymbols.served(root: folder.path)) == expected)
        if getuid() == 0 {
            chown(folder.path + "/container/tmp/perf-7.map", 2, 2)
            #expect(name(0, UserSymbols.served(root: folder.path)) == "[anon]")
        }
    }

    @Test func waitsForNoPipe() throws {
        try folder.addProcess(7, maps: Self.maps)
        try folder.makeFolders(upTo: folder.path + "/container/tmp/x")
        mkfifo(folder.path + "/container/tmp/perf-7.map", 0o600)
        #expect(name(0, UserSymbols.served(root: folder.path)) == "[anon]")
    }

    /// No line ends, and there is no room for all of it.
    @Test func goesNoFurtherThanItsBound() throws {
        let symbols = try symbols("7f0000000000 10 first\n")
        let path = folder.path + "/container/tmp/perf-7.map"
        try #require(truncate(path, 100 << 30) == 0)
        #expect(name(0, symbols) == "first")
        for offset in 0..<32 { #expect(name(0x1000 + UInt64(offset) * 16, symbols) == "[anon]") }
        #expect(symbols.takeRemarks().contains { $0.contains("perf-7.map") && $0.contains("64 MB") })
    }

    @Test func takesSoManyLines() throws {
        let line = Array("7f0000000000 10 one\n".utf8)
        let short = [UInt8](repeating: UInt8(ascii: "\n"), count: 1 << 20)
        let symbols = try symbols("")
        try folder.write("container/tmp/perf-7.map", line + short + Array("7f0000000010 10 two\n".utf8))
        #expect(name(0, symbols) == "one")
        #expect(name(0x10, symbols) == "[anon]")
        #expect(symbols.takeRemarks().count == 1)
    }

    @Test func cutsNamesOff() throws {
        let long = String(repeating: "é", count: 1 << 20)
        let symbols = try symbols("7f0000000000 10 x\(long)\n7f0000000010 10 two\n")
        let name = try #require(symbols.frame(pid: 7, address: 0x7f00_0000_0000).name)
        #expect(name.hasPrefix("xééé") && name.utf8.count <= 1024)
        #expect(self.name(0x10, symbols) == "two")
    }

    @Test func survivesLinesThatAreNone() throws {
        let symbols = try symbols(
            "\n \nx\n7f0000000000\n7f0000000000 10\n7f0000000000 0 empty\nzz 10 a\n"
                + "7f00000000000000000 10 long\nffffffffffffffff ffffffffffffffff top\n"
                + "7f0000000000 10 good\n")
        #expect(name(0, symbols) == "good")
        #expect(symbols.frame(pid: 7, address: .max).description == "top")
    }
}
