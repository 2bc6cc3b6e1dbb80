// SPDX-License-Identifier: Apache-2.0
import Glibc
import Model
import Testing

@testable import Host

/// What a process runs is in the hands of whoever started it.
@Suite struct ProgramFactsTests {
    @Test(
        arguments: [
            ("/usr/sbin/nginx", "nginx"), ("/usr/bin/node (deleted)", "node"), ("", ""), ("/", ""),
            ("/tmp/a\u{1b}[31m", "a\u{FFFD}[31m"), ("/memfd:x (deleted)", "memfd:x"),
        ])
    func executables(link: String, name: String) {
        #expect(ProgramFacts.executable(link: Array(link.utf8)) == name)
    }

    @Test(
        arguments: [
            ("a\0-b\0c\0", ["a", "-b", "c"]), ("a\0\0c\0", ["a", "", "c"]),
            ("title of its own\0\0\0", ["title of its own"]),
            ("", []), ("\0\0", []), ("a\n\u{1b}]0;x\0", ["a\u{FFFD}\u{FFFD}]0;x"]), ("cut off", ["cut off"]),
        ] as [(String, [String])])
    func arguments(text: String, arguments: [String]) {
        #expect(ProgramFacts.arguments(parsing: Array(text.utf8)) == arguments)
    }

    @Test func argumentsAreNoMoreThanSoMany() {
        let many = String(repeating: "a\0", count: 2 * ProgramFacts.mostArguments)
        #expect(ProgramFacts.arguments(parsing: Array(many.utf8)).count == ProgramFacts.mostArguments)
    }

    @Test func threadsOfOnePoolAreCountedTogether() {
        let names = ["puma srv tp 001", "puma srv tp 002", "http-nio-8080-e", "qtp12-7", "\u{1b}x", "42"]
        #expect(
            ProgramFacts.threadNames(names) == [
                "puma srv tp ": 2, "http-nio-8080-e": 1, "qtp12-": 1, "\u{FFFD}x": 1, "": 1,
            ])
    }

    @Test func thisProcess() throws {
        let own = try #require(ProcessFacts(pid: UInt32(getpid()))).program
        #expect(
            !own.executable.isEmpty && !own.arguments.isEmpty
                && own.arguments.count <= ProgramFacts.mostArguments)
        #expect(own.threads ?? 0 > 0 && own.isGo == false)
        #expect(own.threadNames.isEmpty)
    }

    /// Sizes of name and description, the type, "Go".
    @Test func goIsKnownByItsNote() {
        let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46] + [UInt8](repeating: 0, count: 60)
        let note: [UInt8] = [4, 0, 0, 0, 83, 0, 0, 0, 4, 0, 0, 0, 0x47, 0x6f, 0, 0] + [1, 2, 3, 4]
        #expect(GoBinary.isOne(elf + note))
        #expect(!GoBinary.isOne(elf) && !GoBinary.isOne(note) && !GoBinary.isOne([]))
        // GNU's has the same type of another meaning, and another name.
        let gnu: [UInt8] = [4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 0x47, 0x4e, 0x55, 0] + [1, 2, 3, 4]
        #expect(!GoBinary.isOne(elf + gnu) && !GoBinary.isOne(elf + note.prefix(14)))
    }
}
