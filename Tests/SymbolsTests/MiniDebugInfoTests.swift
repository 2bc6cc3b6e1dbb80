// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Symbols

/// A stripped library with `.gnu_debugdata`, made as Fedora's are.
@Suite struct MiniDebugInfoTests {
    private let folder: TemporaryFolder
    private let file: String
    private let mini: String
    private let addresses: [String: UInt64]

    init() throws {
        folder = try TemporaryFolder()
        file = try folder.compile(
            "container/lib/libx.so.1",
            """
            static __attribute__((noinline, used)) int hidden_function(int a) { return a * 5; }
            int exported_function(int a) { return hidden_function(a) & 1; }
            """, "-shared", "-fpic", "-Wl,--build-id=sha1")
        addresses = try symbolAddresses(file)
        mini = folder.path + "/mini"
        try folder.addProcess(7, maps: try folder.maps(of: file, as: "/lib/libx.so.1", bias: 0x10000))
        try run("llvm-objcopy", "--only-keep-debug", file, mini)
        try run("llvm-objcopy", "--strip-all", file)
    }

    private func add(_ section: String) throws {
        try run("llvm-objcopy", "--add-section=.gnu_debugdata=\(section)", file)
    }

    private func name(_ symbol: String) throws -> String? {
        let address = try #require(addresses[symbol])
        return UserSymbols.served(root: folder.path).frame(pid: 7, address: 0x10000 + address).name
    }

    @Test(arguments: ["-0", "-6", "-9"])
    func isReadBesideWhatIsExported(preset: String) throws {
        #expect(try name("hidden_function") == nil)
        try run("xz", preset, mini)
        try add(mini + ".xz")
        #expect(try name("hidden_function") == "hidden_function")
        #expect(try name("exported_function") == "exported_function")
    }

    @Test func isNotNeededWhereThereIsADebugFile() throws {
        let other = try folder.compile("other", "int main(void) { return 0; }")
        try folder.write("container/lib/.debug/mini", try contents(mini))
        try run("llvm-objcopy", "--add-gnu-debuglink=\(mini)", file)
        try run("xz", other)
        try add(other + ".xz")
        #expect(try name("hidden_function") == "hidden_function")
    }

    @Test func isAsIfItWereNotThereIfItIsDamaged() throws {
        try run("xz", mini)
        let whole = try contents(mini + ".xz")
        var bad: [[UInt8]] = [
            whole, Array(whole.dropLast(9)), [], Array("not packed".utf8),
        ]
        bad[0][whole.count / 2] ^= 0xff
        for bytes in bad {
            try run("llvm-objcopy", "--remove-section=.gnu_debugdata", file)
            try add(try folder.write("bad", bytes))
            #expect(try name("hidden_function") == nil)
            #expect(try name("exported_function") == "exported_function")
        }
    }

    /// Zeros pack to nearly nothing.
    @Test func isNotTakenIfItIsTooLarge() throws {
        try #require(truncate(mini, 65 << 20) == 0)
        try run("xz", "-0", mini)
        try add(mini + ".xz")
        #expect(try name("hidden_function") == nil)
    }
}
