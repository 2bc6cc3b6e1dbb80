// SPDX-License-Identifier: Apache-2.0
import CLibelf
import Glibc
import Host
import Seeded
import Testing

@testable import Symbols

/// Files that anybody may have put there.
@Suite struct BadFileTests {
    private let folder: TemporaryFolder
    private let good: [UInt8]

    init() throws {
        folder = try TemporaryFolder()
        let file = try folder.compile(
            "good", "int work(int a) { return a; } int other(int a) { return work(a); }", "-shared", "-fpic",
            "-Wl,--build-id", "-g0")
        try run("llvm-objcopy", "--add-gnu-debuglink=\(file)", file)
        good = try contents(file)
    }

    /// Everything that is asked of a file; how many functions it has at its addresses.
    @discardableResult
    private func examine(_ bytes: [UInt8]) throws -> Int {
        let path = try folder.write("bad", bytes)
        guard let file = RegularFile(at: Array(path.utf8))?.opened() else { return 0 }
        if let elf = ElfFile(descriptor: file.descriptor) {
            _ = elf.buildID()
            _ = elf.debugLink()
        }
        let module = Modules.read(
            file, path: Array("/bad".utf8), roots: [Root(folder.path)].compactMap { $0 })
        var found = 0
        for offset in stride(from: UInt64(0), to: 0x4000, by: 61) {
            guard let address = module.address(ofFileOffset: offset) else { continue }
            if module.functions.function(at: address) != nil { found += 1 }
        }
        return found
    }

    @Test func areNoneOfTheGoodOnes() throws {
        let module = try examine(good)
        #expect(module > 0)
        #expect(try examine([]) == 0)
        #expect(try examine(Array("#!/bin/sh\n".utf8)) == 0)
        #expect(try examine([UInt8](repeating: 0, count: 4096)) == 0)
        #expect(try examine([0x7f] + Array("ELF".utf8) + [UInt8](repeating: 0xff, count: 4096)) == 0)
    }

    @Test func mayEndAnywhere() throws {
        for length in stride(from: 0, to: good.count, by: max(1, good.count / 400)) {
            try examine(Array(good[..<length]))
        }
    }

    @Test(arguments: 1...8)
    func mayHoldAnything(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        // The headers: of the file and its segments, and of its sections at the end.
        let sections = good.count - 40 * MemoryLayout<Elf64_Shdr>.size
        for round in 0..<400 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let place =
                    switch round % 3 {
                    case 0: Int.random(in: 0..<1024, using: &random)
                    case 1: Int.random(in: sections..<bytes.count, using: &random)
                    default: Int.random(in: bytes.indices, using: &random)
                    }
                bytes[place] =
                    [0, 1, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &random)]
                    .randomElement(using: &random) ?? 0
            }
            try examine(bytes)
        }
    }

    @Test func takeNoMemoryForWhatTheyClaim() throws {
        // Section counts and sizes of a file that has nearly nothing, but claims to be large.
        var header = Elf64_Ehdr()
        memcpy(&header, good, MemoryLayout<Elf64_Ehdr>.size)
        header.e_shnum = 0
        var bytes = good
        withUnsafeBytes(of: &header) { bytes.replaceSubrange(0..<$0.count, with: $0) }
        let path = try folder.write("bad", bytes)
        try #require(truncate(path, 1 << 40) == 0)
        let file = open(path, O_RDONLY)
        defer { close(file) }
        let isRefused = ElfFile(descriptor: file) == nil
        #expect(isRefused)
    }

    @Test func mayShrinkWhileTheyAreRead() throws {
        let path = try folder.write("bad", good)
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        let elf = ElfFile(descriptor: descriptor)
        try #require(truncate(path, 4096) == 0)
        var symbols = SymbolCollector(base: 0)
        switch consume elf {
        case .some(let elf): symbols.add(elf)
        case nil: Issue.record("refused a good file")
        }
        _ = symbols.table()
    }
}
