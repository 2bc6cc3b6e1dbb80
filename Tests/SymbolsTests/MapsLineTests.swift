// SPDX-License-Identifier: Apache-2.0
import Seeded
import Testing

@testable import Symbols

@Suite struct MapsLineTests {
    private func line(_ text: String) -> MapsLine? { MapsLine(Array(text.utf8)[...]) }

    @Test func readsWhatTheKernelWrites() throws {
        let line = try #require(
            self.line("7f1c2a400000-7f1c2a555000 r-xp 00026000 fe:01 393449      /usr/lib/libc.so.6"))
        #expect(line.start == 0x7f1c_2a40_0000 && line.end == 0x7f1c_2a55_5000)
        #expect(line.isCode && line.fileOffset == 0x26000 && line.inode == 393449)
        #expect(line.path == Array("/usr/lib/libc.so.6".utf8) && line.name == "libc.so.6")
        #expect(self.line("00400000-00401000 rw-p 00000000 00:00 0 ")?.isCode == false)
        #expect(
            self.line("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0    [vsyscall]")?.name
                == "[vsyscall]")
    }

    @Test(arguments: [
        ("/opt/my app/x y", "x y"), ("/opt/a\\012b", "a\u{FFFD}b"), ("/opt/x;y (deleted)", "x:y"),
        ("/memfd:code (deleted)", "memfd:code"), ("/usr/bin/[", "["), ("/\u{1b}[31m", "\u{FFFD}[31m"),
        ("/opt/ (deleted)", "opt"), ("/", "/"),
    ])
    func showsOddNames(path: String, name: String) {
        #expect(line("1000-2000 r-xp 00000000 fe:01 5    \(path)")?.name == name)
    }

    @Test func givesNewlinesBack() {
        let path = line("1000-2000 r-xp 0 fe:01 5 /a\\012b\\0123\\c")?.path
        #expect(path == Array("/a\nb\n3\\c".utf8))
    }

    @Test(arguments: [
        "1000-2000 r-xp 0 00:00 0", "1000-2000 r-xp 0 00:00 0 ", "1000-2000 r-xp 0 00:00 0 //anon",
    ])
    func namesAnonymousMemory(text: String) {
        #expect(line(text + " ").map(\.name) == "[anon]")
    }

    @Test(arguments: [
        "", " ", "-", "1000", "1000-", "1000-2000", "1000-2000 ", "1000-2000 r-xp", "1000-2000 r-xp ",
        "1000-2000 r-xp 0", "1000-2000 r-xp 0 fe:01", "1000-2000 r-xp 0 fe:01 ",
        "2000-1000 r-xp 0 fe:01 5 /a",
        "1000-1000 r-xp 0 fe:01 5 /a", "10000000000000000-20000000000000000 r-xp 0 fe:01 5 /a",
        "1000-2000 r-xp 0 fe:01 99999999999999999999 /a", "x-y r-xp 0 fe:01 5 /a",
    ])
    func refusesOtherLines(text: String) {
        #expect(line(text) == nil)
    }

    @Test func survivesAnyBytes() {
        var random = SeededGenerator(seed: 1)
        let good = Array(
            "7f1c2a400000-7f1c2a555000 r-xp 00026000 fe:01 393449      /usr/lib/libc.so.6\n".utf8)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            for line in MapsLine.code(in: bytes) {
                #expect(line.start < line.end && !line.name.contains("\n"))
            }
        }
    }
}
