// SPDX-License-Identifier: Apache-2.0
import CLibelf
import Glibc
import Testing

@testable import Symbols

private let source = """
    #include <unistd.h>
    namespace shop {
    class Cart {
    public:
        __attribute__((noinline)) int total(int count, const char *name);
    };
    int Cart::total(int count, const char *name) { return count + name[0]; }
    }
    int main(int argc, char **argv)
    {
        shop::Cart cart;
        write(1, "x", 1);
        pause();
        return cart.total(argc, argv[0]);
    }
    """

/// A program that runs.
@Suite struct RealProcessTests {
    private let folder: TemporaryFolder
    private let file: String

    init() throws {
        folder = try TemporaryFolder()
        file = try folder.compile(
            "running program", source, language: "c++", "-fpie", "-pie", "-Wl,--build-id")
    }

    /// Calls `body` with the process and the address of a function in it.
    private func whileRunning(_ symbol: String, _ body: (UInt32, UInt64, () -> Void) throws -> Void) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let pid = try start([file], output: ends[1])
        var hasEnded = false
        let end = {
            if !hasEnded {
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
            }
            hasEnded = true
        }
        defer { end() }
        // It is in main.
        var byte: UInt8 = 0
        try #require(read(ends[0], &byte, 1) == 1)
        let address = try #require(try symbolAddresses(file)[symbol])
        let maps = try contents("/proc/\(pid)/maps")
        let line = try #require(MapsLine.code(in: maps).first { $0.path == Array(file.utf8) })
        let descriptor = open(file, O_RDONLY)
        defer { close(descriptor) }
        let segments = ElfFile(descriptor: descriptor)?.segments() ?? []
        let segment = try #require(segments.first { $0.isCode })
        let bias = line.start - (segment.address - segment.address % 4096)
        try body(UInt32(pid), bias + address, end)
    }

    @Test func namesItsFunctions() throws {
        try whileRunning("_ZN4shop4Cart5totalEiPKc") { pid, address, _ in
            let frame = UserSymbols.served().frame(pid: pid, address: address)
            #expect(frame.name == "shop::Cart::total(int, char const*)")
            #expect(frame.module == "running program" && frame.kind == .function)
        }
    }

    @Test func isNamedWhenItHasEndedAndItsFileIsGone() throws {
        try whileRunning("main") { pid, address, end in
            let symbols = UserSymbols.served()
            symbols.note(pid: pid)
            end()
            unlink(file)
            #expect(symbols.frame(pid: pid, address: address).name == "main")
        }
    }

    @Test func isNamedWhenItsFileWasDeletedBefore() throws {
        try whileRunning("main") { pid, address, _ in
            unlink(file)
            // Another file has its name now.
            try folder.write("running program", "not a program")
            let frame = UserSymbols.served().frame(pid: pid, address: address)
            #expect(frame.name == "main" && frame.module == "running program")
        }
    }

    /// Three times as many processes and files as are kept when they are no more.
    @Test func whatHasEndedLeavesAndWhatRunsIsNamed() throws {
        try whileRunning("main") { pid, address, end in
            let symbols = UserSymbols.served()
            symbols.note(pid: pid)
            for number in 0..<200 {
                let copy = "\(folder.path)/copy \(number)"
                try run("cp", file, copy)
                var ends: [Int32] = [0, 0]
                try #require(pipe(&ends) == 0)
                let short = try start([copy], output: ends[1])
                var byte: UInt8 = 0
                try #require(read(ends[0], &byte, 1) == 1)
                for end in ends { close(end) }
                symbols.note(pid: UInt32(short))
                kill(short, SIGKILL)
                waitpid(short, nil, 0)
                #expect(symbols.ended() == [UInt32(short)])
                symbols.forget(symbols.ended())
                #expect(symbols.size.processes == 1)
                #expect(symbols.size.files < 64 + 16)
            }
            #expect(symbols.frame(pid: pid, address: address).name == "main")
            end()
            #expect(symbols.ended() == [pid])
            symbols.forget([pid])
            #expect(symbols.size.processes == 0)
        }
    }
}
