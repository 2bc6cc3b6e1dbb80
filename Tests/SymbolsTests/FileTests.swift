// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Symbols

private let source = """
    __attribute__((noinline)) int first_function(int a) { return a * 3 + 1; }
    static __attribute__((noinline, used)) int hidden_function(int a) { return a * 5 + first_function(a); }
    int main(int argc, char **argv) { return hidden_function(argc) & 1; }
    """

private let library = """
    __attribute__((noinline)) int exported_function(int a) { return a * 3 + 1; }
    static __attribute__((noinline, used)) int inner_function(int a) { return a * 5; }
    int other_function(int a) { return inner_function(a) + exported_function(a); }
    """

/// Programs in a container whose /proc entry is made up; the process itself is not there.
@Suite struct FileTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func frame(
        _ file: String, _ address: UInt64, bias: UInt64 = 0x5555_5555_0000, offset: UInt64 = 2
    ) throws -> UserFrame {
        let name = String(file.dropFirst((folder.path + "/container").count))
        try folder.addProcess(7, maps: try folder.maps(of: file, as: name, bias: bias))
        return UserSymbols.served(root: folder.path).frame(pid: 7, address: bias + address &+ offset)
    }

    @Test(arguments: [true, false])
    func namesFunctionsOfPrograms(isPositionIndependent: Bool) throws {
        let file = try folder.compile(
            "container/app/prog", source, isPositionIndependent ? "-fpie" : "-fno-pie",
            isPositionIndependent ? "-pie" : "-no-pie")
        let addresses = try symbolAddresses(file)
        let bias: UInt64 = isPositionIndependent ? 0x5555_5555_0000 : 0
        for name in ["first_function", "hidden_function", "main"] {
            let address = try #require(addresses[name])
            #expect(
                try frame(file, address, bias: bias)
                    == UserFrame(name: name, module: "prog", offset: address, kind: .function))
        }
    }

    @Test func namesFunctionsOfLibraries() throws {
        let file = try folder.compile("container/lib/libx.so.1", library, "-shared", "-fpic")
        for name in ["exported_function", "inner_function", "other_function"] {
            let address = try #require(try symbolAddresses(file)[name])
            let found = try frame(file, address, bias: 0x7f00_0000_0000)
            #expect(found.name == name && found.module == "libx.so.1" && found.kind == .function)
        }
    }

    @Test func knowsWhatALinkedElsewhereLibraryHas() throws {
        let file = try folder.compile(
            "container/lib/prelinked.so", library, "-shared", "-fpic", "-fuse-ld=lld",
            "-Wl,--image-base=0x3000000000")
        let address = try #require(try symbolAddresses(file)["inner_function"])
        #expect(address > 0x30_0000_0000)
        #expect(try frame(file, address, bias: 0x1000_0000).name == "inner_function")
    }

    @Test func saysWhereAStrippedProgramIs() throws {
        let file = try folder.compile("container/app/prog", source)
        let address = try #require(try symbolAddresses(file)["main"])
        try run("llvm-objcopy", "--strip-all", file)
        let found = try frame(file, address)
        #expect(found == UserFrame(name: nil, module: "prog", offset: address + 2, kind: .unresolved))
        #expect(found.description == "[prog+0x\(String(address + 2, radix: 16))]")
    }

    @Test func knowsWhatAStrippedLibraryExports() throws {
        let file = try folder.compile("container/lib/libx.so.1", library, "-shared", "-fpic")
        let addresses = try symbolAddresses(file)
        try run("llvm-objcopy", "--strip-all", file)
        #expect(try frame(file, try #require(addresses["exported_function"])).name == "exported_function")
        #expect(try frame(file, try #require(addresses["inner_function"])).name == nil)
    }

    @Test func namesNothingBetweenFunctions() throws {
        let file = try folder.compile(
            "container/app/prog",
            source
                + "\n__asm__(\".section .alone,\\\"ax\\\",@progbits; .skip 64; .globl odd; .type odd,@function; odd: ret; .size odd,1;"
                + " .skip 63, 0x90; .text\");")
        let address = try #require(try symbolAddresses(file)["odd"])
        #expect(try frame(file, address, offset: 0).name == "odd")
        #expect(try frame(file, address, offset: 1).name == nil)
        #expect(try frame(file, address, offset: UInt64.max).name == nil)
    }

    @Test func letsUnsizedFunctionsReachTheNextOrTheirSectionsEnd() throws {
        let file = try folder.compile(
            "container/app/prog",
            source + """
                \n__asm__(".section .alone,\\"ax\\",@progbits; .globl one, two;"
                    ".type one,@function; one: .skip 32, 0x90; .type two,@function; two: .skip 16, 0x90;"
                    ".section .after,\\"ax\\",@progbits; .skip 64, 0x90; .text");
                """)
        let addresses = try symbolAddresses(file)
        let one = try #require(addresses["one"])
        #expect(try frame(file, one, offset: 31).name == "one")
        #expect(try frame(file, one, offset: 32).name == "two")
        #expect(try frame(file, one, offset: 47).name == "two")
        #expect(try frame(file, one, offset: 48).name == nil)
    }

    @Test func givesNestedFunctionsTheirOwnPart() throws {
        let file = try folder.compile(
            "container/app/prog",
            source + """
                \n__asm__(".text; .globl outer, nested; .type outer,@function; .type nested,@function;"
                    "outer: .skip 16, 0x90; nested: .skip 8, 0x90; .size nested, 8; .skip 8, 0x90;"
                    ".size outer, 32");
                """)
        let outer = try #require(try symbolAddresses(file)["outer"])
        let names = try [0, 15, 16, 23, 24, 31].map { try frame(file, outer, offset: $0) }
        #expect(names.map(\.name) == ["outer", "outer", "nested", "nested", "outer", "outer"])
        #expect(names.last?.offset == outer)
    }

    @Test func choosesOneOfSeveralNames() throws {
        let file = try folder.compile(
            "container/app/prog",
            source + """
                \nint work(int a) { return a + 7; }
                extern int __work(int) __attribute__((alias("work")));
                extern int _work(int) __attribute__((weak, alias("work")));
                static __attribute__((used, alias("work"))) int a(int);
                """)
        #expect(try frame(file, try #require(try symbolAddresses(file)["work"])).name == "work")
    }

    @Test func namesResolversOfIndirectFunctions() throws {
        let file = try folder.compile(
            "container/app/prog",
            """
            static int one(int a) { return a; }
            static int (*choose(void))(int) { return one; }
            int chosen(int) __attribute__((ifunc("choose")));
            int main(int argc, char **argv) { return chosen(argc); }
            """)
        // The resolver has two names; the one that others call is the better one.
        #expect(try frame(file, try #require(try symbolAddresses(file)["choose"])).name == "chosen")
    }

    /// A build-id is what a file says of itself, and so are its size and when it was written.
    @Test func believesNoFileThatItIsAnother() throws {
        let id = "-Wl,--build-id=0x0123456789abcdef0123456789abcdef01234567"
        let honest = try folder.compile("container/lib/honest.so", library, "-shared", "-fpic", id)
        let forged = library.split(separator: "inner_function").joined(separator: "inner_forgery!")
            .split(separator: "!").joined()
        let crafted = try folder.compile("container/lib/crafted.so", forged, "-shared", "-fpic", id)
        let address = try #require(try symbolAddresses(honest)["inner_function"])
        try run("cp", "--attributes-only", "--preserve=timestamps", honest, crafted)
        let symbols = UserSymbols.served(root: folder.path)
        for (pid, name) in [(1, "crafted"), (2, "honest")] {
            let file = "\(folder.path)/container/lib/\(name).so"
            try folder.addProcess(pid, maps: try folder.maps(of: file, as: "/lib/\(name).so", bias: 0))
        }
        #expect(symbols.frame(pid: 1, address: address).name == "inner_forgery")
        #expect(symbols.frame(pid: 2, address: address).name == "inner_function")
    }

    /// Two processes map one file.
    @Test func asksForAFileOnce() throws {
        let file = try folder.compile("container/lib/libx.so.1", library, "-shared", "-fpic")
        let maps = try folder.maps(of: file, as: "/lib/libx.so.1", bias: 0)
        let symbols = UserSymbols.served(root: folder.path)
        for pid in 1...3 {
            try folder.addProcess(pid, maps: maps)
            symbols.note(pid: UInt32(pid))
        }
        #expect(symbols.size.processes == 3 && symbols.size.files == 1)
    }

    /// Names are read from the file when they are asked for.
    @Test(arguments: [false, true])
    func keepsNamesOfAFileThatIsClosed(isClosed: Bool) throws {
        let file = try folder.compile("container/lib/libx.so.1", library, "-shared", "-fpic")
        let address = try #require(try symbolAddresses(file)["inner_function"])
        guard let opened = RegularFile(at: Array(file.utf8))?.opened() else { return }
        let module = Modules.read(opened, path: [], roots: [])
        if isClosed { module.letGoOfFiles() }
        try #require(truncate(file, 100) == 0)
        #expect(module.functions.function(at: address)?.name == (isClosed ? "inner_function" : nil))
    }

    @Test func asksForFilesOnlyInTheProcesssOwnRoot() throws {
        let file = try folder.compile("container/lib/libx.so.1", library, "-shared", "-fpic")
        let address = try #require(try symbolAddresses(file)["inner_function"])
        // An absolute link means what it means to the process.
        try run("mv", file, folder.path + "/container/lib/real.so")
        symlink("/lib/real.so", file)
        let maps = try folder.maps(of: folder.path + "/container/lib/real.so", as: "/lib/libx.so.1", bias: 0)
        try folder.addProcess(8, maps: maps)
        #expect(
            UserSymbols.served(root: folder.path).frame(pid: 8, address: address).name == "inner_function")
    }

    @Test func remembersProcessesThatHaveEnded() throws {
        let file = try folder.compile("container/app/prog", source)
        let address = try #require(try symbolAddresses(file)["main"])
        try folder.addProcess(9, maps: try folder.maps(of: file, as: "/app/prog", bias: 0x40000))
        let symbols = UserSymbols.served(root: folder.path)
        symbols.note(pid: 9)
        #expect(symbols.covers(pid: 9, address: 0x40000 + address) && !symbols.covers(pid: 9, address: 1))
        try run("rm", "-r", folder.path + "/proc/9", folder.path + "/container")
        symbols.note(pid: 9)
        #expect(symbols.frame(pid: 9, address: 0x40000 + address).name == "main")
    }
}
