// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Symbols

private let source = """
    static __attribute__((noinline, used)) int hidden_function(int a) { return a * 5; }
    int main(int argc, char **argv) { return hidden_function(argc) & 1; }
    """

/// Stripped programs whose symbols are in a file of their own.
@Suite struct DebugFileTests {
    private let folder: TemporaryFolder
    private let file: String
    private let address: UInt64

    init() throws {
        folder = try TemporaryFolder()
        file = try folder.compile("container/app/prog", source, "-Wl,--build-id=sha1")
        address = try #require(try symbolAddresses(file)["hidden_function"])
        try folder.addProcess(7, maps: try folder.maps(of: file, as: "/app/prog", bias: 0x10000))
        try run("llvm-objcopy", "--only-keep-debug", file, folder.path + "/prog.debug")
        try run("llvm-objcopy", "--strip-all", file)
    }

    private var name: String? {
        UserSymbols.served(root: folder.path).frame(pid: 7, address: 0x10000 + address).name
    }

    private func buildIDPath() throws -> String {
        let descriptor = open(file, O_RDONLY)
        defer { close(descriptor) }
        let found = ElfFile(descriptor: descriptor)?.buildID()
        let id = try #require(found)
        #expect(id.count == 20)
        let digits = id.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return "usr/lib/debug/.build-id/\(digits[0])/\(digits.dropFirst().joined()).debug"
    }

    @Test(arguments: ["container/", ""])
    func isFoundByBuildID(root: String) throws {
        #expect(name == nil)
        try folder.write(root + buildIDPath(), try contents(folder.path + "/prog.debug"))
        #expect(name == "hidden_function")
    }

    @Test func mayGoOnceItWasRead() throws {
        let path = try folder.write(try buildIDPath(), try contents(folder.path + "/prog.debug"))
        let users = UserSymbols.served(root: folder.path)
        users.note(pid: 7)
        // Reads it.
        _ = users.frame(pid: 7, address: 0x10000 + address + 1)
        #expect(unlink(path) == 0)
        #expect(users.frame(pid: 7, address: 0x10000 + address).name == "hidden_function")
        #expect(name == nil)
    }

    @Test func ofAnotherBuildIsNotTaken() throws {
        let other = try folder.compile("other", source + "int more;", "-Wl,--build-id=sha1")
        try folder.write(try buildIDPath(), try contents(other))
        #expect(name == nil)
    }

    @Test(arguments: ["container/app/", "container/app/.debug/", "usr/lib/debug/app/"])
    func isFoundByLink(place: String) throws {
        try run("llvm-objcopy", "--add-gnu-debuglink=\(folder.path)/prog.debug", file)
        #expect(name == nil)
        try folder.write(place + "prog.debug", try contents(folder.path + "/prog.debug"))
        #expect(name == "hidden_function")
    }

    @Test func isProvedByItsChecksumWhereThereIsNoBuildID() throws {
        for path in [file, folder.path + "/prog.debug"] {
            try run("llvm-objcopy", "--remove-section=.note.gnu.build-id", path)
        }
        try run("llvm-objcopy", "--add-gnu-debuglink=\(folder.path)/prog.debug", file)
        let debug = try contents(folder.path + "/prog.debug")
        try folder.write("container/app/prog.debug", debug + [0])
        #expect(name == nil)
        try folder.write("container/app/prog.debug", debug)
        #expect(name == "hidden_function")
    }
}
